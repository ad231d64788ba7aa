import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Outcome, runConclave } from './spawn-command.js';

const fixture = (name: string) => fileURLToPath(new URL(`./coalitions/${name}`, import.meta.url));

function expectUsage({ code, stdout, stderr }: Outcome, ...words: string[]): void {
  expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
  expect(stderr).to.match(/^conclave: [^\n]+\n$/);
  for (const word of words) expect(stderr).to.include(word);
}

describe('conclave run', () => {
  it('answers in words on stdout', async () => {
    const outcome = await runConclave('run', fixture('answers.js'), '--query', 'why');
    expect(outcome).to.deep.equal({ code: 0, stdout: 'why after 1 (2 results)\n', stderr: '' });
  });

  for (const isolation of ['inline', 'thread', 'process']) {
    it(`prints the answer with its claims as JSON (${isolation})`, async () => {
      const words = ['--query', 'why', '--loops', '2', '--isolation', isolation, '--json'];
      const { code, stdout, stderr } = await runConclave('run', fixture('answers.js'), ...words);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      const { durationS, claims, ...rest } = JSON.parse(stdout);
      expect(durationS).to.be.a('number').above(0);
      expect(rest).to.deep.equal({ answer: 'why after 2 (4 results)', loops: 2 });
      const ids = claims.map(({ id }: { id: unknown }) => id);
      expect(new Set(ids).size).to.equal(2);
      const sources = [{ file: 'a.md', line: 1, quote: 'so it is' }];
      expect(claims.map(({ id, ...claim }: { id: unknown }) => claim)).to.deep.equal([
        { agent: 'first', text: 'claim on why in loop 1', sources, verdict: 'supported' },
        { agent: 'first', text: 'claim on why in loop 2', sources },
      ]);
    });
  }

  it('tells which agent failed, in one line, and still prints what came', async () => {
    const { code, stdout, stderr } = await runConclave(
      'run',
      fixture('fails.js'),
      '--query',
      'why',
      '--json',
    );
    expect(code).to.equal(1);
    expect(stderr).to.match(/^conclave: broken failed in loop 1: [^\n]*two lines[^\n]*\n$/);
    expect(JSON.parse(stdout)).to.include({ answer: '{"fine":true}' });
  });

  it('refuses what it cannot run in one line', async () => {
    const query = ['--query', 'why'];
    expectUsage(await runConclave('run', './nowhere.js', ...query), 'nowhere.js', 'research');
    expectUsage(await runConclave('run', 'nobody', ...query), 'nobody', 'research');
    const source = fileURLToPath(new URL('../../../../spec/lib/cli/coalitions/answers.ts', import.meta.url));
    expectUsage(await runConclave('run', source, ...query), 'TypeScript', 'compiled');
    expectUsage(await runConclave('run', fixture('answers-agents.js'), ...query), 'defineCoalition');
    expectUsage(await runConclave('run', fixture('no-agents.js'), ...query), 'nowhere.js', 'does not exist');
  });

  it('refuses wrong words in one line', async () => {
    expectUsage(await runConclave('run', fixture('answers.js')), '--query');
    expectUsage(await runConclave('run', fixture('answers.js'), '--query', ' '), '--query');
    expectUsage(await runConclave('run', fixture('answers.js'), '--query', 'why', '--loops', '0'), '--loops');
    expectUsage(await runConclave('run', '--query', 'why'), 'coalition');
  });
});
