import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openStressRuns } from '../../../lib/cli/stress-runs.js';

describe('the runs of a stress', () => {
  it('are counted beyond the first of each message, over all workers', () => {
    const runs = openStressRuns();
    try {
      const note = (worker: string, ...messages: number[]) =>
        writeFileSync(join(runs.folder, worker), new Uint8Array(Uint32Array.from(messages).buffer));
      expect(runs.rerun()).to.equal(0);
      note('12.0', 0, 1, 2, 70_000);
      note('13.0', 3, 2, 70_000, 2);
      expect(runs.rerun()).to.equal(3);
    } finally {
      runs.remove();
    }
    expect(existsSync(runs.folder)).to.equal(false);
  });
});
