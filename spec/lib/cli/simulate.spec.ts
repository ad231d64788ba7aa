import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runConclave } from './spawn-command.js';

describe('conclave simulate', () => {
  for (const isolation of ['inline', 'thread', 'process']) {
    it(`squares 1000 integers and says what it took (${isolation})`, async () => {
      const words = ['--workers', '2', '--tasks', '100', '--isolation', isolation, '--json'];
      const { code, stdout, stderr } = await runConclave('simulate', ...words);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      const { tasks, durationS, throughput, cpuPercent, memoryMb, ...rest } = JSON.parse(stdout);
      expect({ tasks, rest }).to.deep.equal({ tasks: 1_000, rest: {} });
      expect(throughput).to.be.closeTo(tasks / durationS, 1e-6 * throughput);
      expect(cpuPercent).to.be.within(0, 100 * 64);
      expect(memoryMb).to.be.above(10);
    });
  }

  it('says it in words', async () => {
    const { code, stdout, stderr } = await runConclave('simulate', '--tasks', '10', '--loops', '3');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(/^30 tasks in \d+\.\d{3} s: \d+ tasks\/s, \d+ % of a core, \d+ MB\n$/);
  });

  const wrong: readonly (readonly [accepted: string, ...words: string[]])[] = [
    ['from 1 to 1024', '--workers', '0'],
    ['from 1 to 1024', '--workers', '-1'],
    ['from 1 to 10000000', '--tasks', 'x'],
    ['from 1 to 10000000', '--tasks', '1.5'],
    ['from 1 to 100000', '--loops', '1e3'],
    ['--tasks <n>', '--bogus'],
    ['inline, thread, process', '--isolation', 'bogus'],
    ["'memory', 'file:PATH', 'redis://", '--broker', 'bogus'],
    ['round-robin', '--schedule', 'bogus'],
    ['file:PATH', '--store', 'bogus'],
  ];
  for (const [accepted, ...words] of wrong) {
    it(`refuses ${words.join(' ')} and says what is accepted`, async () => {
      const { code, stdout, stderr } = await runConclave('simulate', ...words);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
      expect(stderr).to.match(/^conclave: [^\n]+\n$/);
      expect(stderr).to.include(words[0]?.replace('--store', 'store')).and.include(accepted);
    });
  }

  it('never says the password of a broker that it refuses', async () => {
    for (const word of ['redis:secret@host', 'amqp://me:secret@host']) {
      const { code, stderr } = await runConclave('simulate', '--broker', word);
      expect({ word, code }).to.deep.equal({ word, code: 2 });
      expect(stderr)
        .to.match(/^conclave: --broker [^\n]+\n$/)
        .and.not.include('secret');
    }
  });

  it('refuses a store that is a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-store-'));
    const { code, stdout, stderr } = await runConclave('simulate', '--store', `file:${folder}`);
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    expect(stderr).to.match(/^conclave: [^\n]*is a folder[^\n]*\n$/);
    rmdirSync(folder); // it is still empty
  });
});
