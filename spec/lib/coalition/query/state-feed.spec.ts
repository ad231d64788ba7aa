import { expect } from 'chai';
import fc from 'fast-check';
import { StateFeed } from '../../../../lib/coalition/query/state-feed.js';
import type { HostFrame, SharedResult } from '../../../../lib/core/frame.js';
import { decode } from '../../../../lib/core/value.js';
import { StateCopy } from '../../../../lib/host/state-copy.js';

function result(number: number): SharedResult {
  return { id: `r${number}`, loop: 1, stage: 0, agent: `a${number % 3}`, value: number };
}

/** A worker's copy, as its host keeps it. */
function apply(copy: StateCopy, frame: HostFrame): void {
  if (frame.type !== 'state') throw new Error(`a frame of type ${frame.type}`);
  if (frame.reset) copy.clear();
  copy.append(decode(frame.results) as SharedResult[]);
}

describe('state feed', () => {
  it('keeps every copy at the last stage, whenever its worker started', () => {
    const step = fc.constantFrom('grow', 'grow', 'send', 'reset', 'join');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const copies = [new StateCopy()];
        const feed = new StateFeed((frame) => {
          for (const copy of copies) apply(copy, frame);
        });
        let results: SharedResult[] = [];
        let staged: readonly SharedResult[] = [];
        for (const type of steps) {
          if (type === 'grow') results.push(result(results.length));
          if (type === 'reset') {
            results = [];
            feed.reset();
          }
          if (type === 'join') {
            const copy = new StateCopy();
            apply(copy, feed.whole());
            copies.push(copy);
          }
          if (type !== 'send') continue;
          feed.send(results);
          staged = results.slice();
          for (const copy of copies) expect(copy.results).to.deep.equal(staged);
        }
      }),
    );
  });

  it('sends what is new alone, and nothing where nothing is', () => {
    const frames: HostFrame[] = [];
    const feed = new StateFeed((frame) => frames.push(frame));
    feed.send([]); // what an earlier query left is forgotten
    feed.send([result(1)]);
    feed.send([result(1)]);
    feed.send([result(1), result(2)]);
    const sent = frames.map((frame) => (frame.type === 'state' ? [frame.reset, decode(frame.results)] : []));
    expect(sent).to.deep.equal([
      [true, []],
      [false, [result(1)]],
      [false, [result(2)]],
    ]);
  });

  it('carries an entry without a value', () => {
    const copy = new StateCopy();
    new StateFeed((frame) => apply(copy, frame)).send([{ ...result(1), value: undefined }, result(2)]);
    expect(copy.results.map(({ id, value }) => [id, value])).to.deep.equal([
      ['r1', undefined],
      ['r2', 2],
    ]);
  });
});

describe('state copy', () => {
  it('knows what each agent answered last', () => {
    const copy = new StateCopy();
    copy.append([result(1), result(4), result(2)]);
    expect([copy.latest('a1'), copy.latest('a2'), copy.latest('a0')]).to.deep.equal([4, 2, undefined]);
    const before = copy.results;
    copy.clear();
    expect(copy.results).to.deep.equal([]);
    expect(before).to.have.length(3);
    expect(copy.latest('a1')).to.equal(undefined);
  });
});
