import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runConclave } from './spawn-command.js';

describe('conclave coordinate', () => {
  for (const isolation of ['inline', 'thread', 'process']) {
    it(`finds every result and every claim once, in order (${isolation})`, async () => {
      const words = ['--agents', '3', '--loops', '2', '--claims', '2', '--jitter', '--seed', '7'];
      const outcome = await runConclave('coordinate', ...words, '--isolation', isolation, '--json');
      expect({ ...outcome, stdout: JSON.parse(outcome.stdout) }).to.deep.equal({
        code: 0,
        stderr: '',
        stdout: {
          expectedResults: 6,
          aggregatedResults: 6,
          expectedClaims: 12,
          persistedClaims: 12,
          duplicateClaims: 0,
          orderingOk: true,
        },
      });
    });
  }

  it('says it in words', async () => {
    const outcome = await runConclave('coordinate', '--agents', '2', '--loops', '1', '--claims', '0');
    expect(outcome).to.deep.equal({
      code: 0,
      stdout: '2 of 2 results in the shared state, 0 of 0 claims persisted, 0 of them twice, in order\n',
      stderr: '',
    });
  });

  it('keeps the claims of every run in a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-coordinate-'));
    try {
      const store = ['--store', `file:${join(folder, 'claims.db')}`];
      for (let run = 1; run <= 2; run += 1) {
        const { code, stdout } = await runConclave('coordinate', '--json', ...store);
        expect(code).to.equal(0);
        expect(JSON.parse(stdout)).to.include({ expectedClaims: 12, persistedClaims: 12, orderingOk: true });
      }
      const { stdout } = await runConclave('claims', '--json', ...store);
      const { claims }: { claims: { text: string }[] } = JSON.parse(stdout);
      expect(claims).to.have.lengthOf(24);
      const texts = (at: number) =>
        claims
          .slice(at, at + 12)
          .map(({ text }) => text)
          .sort();
      expect(texts(0)).to.deep.equal(texts(12));
      expect(new Set(texts(0)).size).to.equal(12);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses what it cannot do in one line', async () => {
    for (const words of [
      ['--agents', '0'],
      ['--claims', '-1'],
      ['--seed', 'x'],
      ['--store', `file:${tmpdir()}`],
    ]) {
      const { code, stdout, stderr } = await runConclave('coordinate', ...words);
      expect({ words, code, stdout }).to.deep.equal({ words, code: 2, stdout: '' });
      expect(stderr).to.match(/^conclave: [^\n]+\n$/);
    }
  });
});
