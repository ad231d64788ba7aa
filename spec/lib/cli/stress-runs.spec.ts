import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { openStressRuns } from '../../../lib/cli/stress-runs.js';
import { withFolder } from '../../scenarios/coalitions.js';

/** The body with a folder of its own for what is temporary. */
function withTemporaryFolder(body: (folder: string) => void): Promise<void> {
  return withFolder(async (folder) => {
    const { TMPDIR } = process.env;
    process.env.TMPDIR = folder;
    try {
      body(folder);
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
  });
}

describe('the runs of a stress', () => {
  it('are counted beyond the first of each message, over all workers', () =>
    withTemporaryFolder((folder) => {
      const runs = openStressRuns();
      const note = (...messages: number[]) =>
        appendFileSync(runs.path, new Uint8Array(Uint32Array.from(messages).buffer));
      expect(runs.rerun()).to.equal(0);
      note(0, 1, 2, 70_000);
      note(3, 2, 70_000, 2);
      expect(runs.rerun()).to.equal(3);
      if (existsSync('/proc/self/fd')) expect(readdirSync(folder)).to.deep.equal([]); // no death leaves it behind
      runs.close();
      expect(readdirSync(folder)).to.deep.equal([]);
    }));
});
