import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { withFolder } from '../../scenarios/coalitions.js';
import { conclave, type Outcome, runConclave, startModule } from './spawn-command.js';

/** What it printed as JSON, once it is seen that it went well. */
function printed({ code, stdout }: Outcome) {
  expect(code).to.equal(0);
  const { durationS, throughput, emptyReceiveTimeoutS, ...counts } = JSON.parse(stdout);
  expect(throughput).to.be.closeTo(counts.delivered / durationS, 1e-6 * throughput);
  expect(emptyReceiveTimeoutS).to.be.above(0.099); // and not much more on a machine that does nothing else
  return counts;
}

describe('conclave stress', function () {
  this.timeout(60_000);

  it('sends 10,000 messages if it is not told how many', async () => {
    const outcome = await runConclave('stress', '--isolation', 'inline', '--json');
    expect(outcome.stderr).to.equal('');
    const all = { messages: 10_000, delivered: 10_000 };
    expect(printed(outcome)).to.deep.equal({ ...all, lost: 0, duplicated: 0 });
  });

  it('loses nothing, and nothing comes twice, when a process is killed in the middle; all in a small heap', () =>
    withFolder(async (folder) => {
      const words = ['--messages', '10000', '--crash-after', '5000', '--count-runs', '--json'];
      const env = { TMPDIR: folder, NODE_OPTIONS: '--max-old-space-size=64' };
      const outcome = await startModule(conclave, ['stress', ...words], { env, timeoutMs: 45_000 }).ended;
      const { rerun, ...counts } = printed(outcome);
      expect(counts).to.deep.equal({ messages: 10_000, delivered: 10_000, lost: 0, duplicated: 0 });
      expect(rerun).to.be.within(0, 5_000);
      expect(outcome.stderr).to.match(
        /^conclave: system: '(worker-\d)' crashed: \1 died: signal SIGKILL\.\n$/,
      );
      expect(readdirSync(folder)).to.deep.equal([]);
    }));

  it('says it in words, and how a thread died', async () => {
    const words = ['--messages', '1000', '--crash-after', '100', '--count-runs', '--isolation', 'thread'];
    const { code, stdout } = await runConclave('stress', ...words);
    expect(code).to.equal(0);
    expect(stdout.replaceAll(/\d+\.\d{3} s/g, 'N s').replace(/\d+ messages\/s/, 'N messages/s')).to.match(
      /^1000 of 1000 messages delivered, 0 lost, 0 twice, \d+ run again, in N s: N messages\/s; an empty receive waits N s; killed worker-\d: exit code 1\n$/,
      stdout,
    );
  });

  const wrong: readonly (readonly [accepted: string, ...words: string[]])[] = [
    ['from 1 to 10000000', '--messages', '0'],
    ['1 to 9999', '--crash-after', '10000'],
    ['thread, process, ray', '--crash-after', '5', '--isolation', 'inline'],
    ['inline, thread, process', '--count-runs', '--isolation', 'ray'],
  ];
  for (const [accepted, ...words] of wrong) {
    it(`refuses ${words.join(' ')} and says what is accepted`, async () => {
      const { code, stdout, stderr } = await runConclave('stress', ...words);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
      expect(stderr).to.match(/^conclave: [^\n]+\n$/);
      expect(stderr).to.include(words[0]).and.include(accepted);
    });
  }
});
