import { expect } from 'chai';
import type { Io } from '../../../lib/cli/io.js';
import { createProgress } from '../../../lib/cli/progress.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

function recorder(isTerminal: boolean, columns = 30): { readonly io: Io; readonly written: string[] } {
  const written: string[] = [];
  const io: Io = {
    stdout: () => {
      throw new Error('progress is no result');
    },
    stderr: (text) => written.push(text),
    isTerminal,
    columns: () => columns,
    signal: new AbortController().signal,
    fail: () => undefined,
  };
  return { io, written };
}

describe('the progress bar', () => {
  it('draws over itself on a terminal and wipes itself away', () => {
    const { io, written } = recorder(true);
    const progress = createProgress(io, new ManualClock());
    progress.update(5, 10, 'searcher');
    progress.stop();
    progress.stop();
    expect(written).to.deep.equal(['\r━━━━━━━━─────── 5/10 searcher\u001b[K', '\r\u001b[K']);
  });

  it('draws no oftener than every 80 ms, and always the end', async () => {
    const { io, written } = recorder(true);
    const clock = new ManualClock();
    const progress = createProgress(io, clock);
    for (let done = 0; done < 5; done += 1) progress.update(done, 10, '');
    expect(written.length).to.equal(1);
    await clock.advance(80);
    progress.update(6, 10, '');
    progress.update(7, 10, '');
    expect(written.length).to.equal(2);
    progress.update(10, 10, '');
    expect(written.length).to.equal(3);
  });

  it('never wraps', () => {
    for (const columns of [0, 1, 5, 20, 200]) {
      const { io, written } = recorder(true, columns);
      createProgress(io, new ManualClock()).update(3, 0, 'a note that is longer than the line');
      const drawn = written.join('').replace('\r', '').replace('\u001b[K', '');
      expect(drawn.length).to.be.at.most(Math.max(0, columns - 1));
    }
  });

  it('is silent where nobody watches', () => {
    const { io, written } = recorder(false);
    const progress = createProgress(io, new ManualClock());
    progress.update(10, 10, 'searcher');
    progress.stop();
    expect(written).to.deep.equal([]);
  });
});
