import { expect } from 'chai';
import fc from 'fast-check';
import { StateMirror } from '../../../../lib/coalition/hosts/state-mirror.js';
import { encodeParts, type StatePart } from '../../../../lib/coalition/hosts/state-part.js';
import { StateFeed } from '../../../../lib/coalition/query/state-feed.js';
import { Publisher } from '../../../../lib/coalition/tasks/publisher.js';
import type { SharedResult } from '../../../../lib/core/frame.js';
import { decode, encode } from '../../../../lib/core/value.js';
import { QUEUE, writerBench } from '../writers/writers.js';
import { sharedResult } from './results.js';

function bench() {
  const made = writerBench();
  const { broker, clock, options } = made;
  let copy: SharedResult[] = [];
  let changes = 0;
  const onChange = () => {
    changes += 1;
  };
  const feed = new StateFeed((frame) => {
    if (frame.type !== 'state') throw new Error(frame.type);
    if (frame.reset) copy = [];
    copy.push(...(decode(frame.results) as SharedResult[]));
  });
  const mirror = new StateMirror({ ...options, session: undefined, feed, onChange });
  const epoch = { now: 1 };
  const names = { queue: QUEUE, coalition: 'spec', producer: 'coordinator' };
  const publisher = new Publisher({ ...names, broker, clock, epoch: () => epoch.now, patienceMs: 30_000 });
  const hear = async (part: StatePart) => {
    const drafts = encodeParts(part).map((payload) => ({ kind: 'state', agent: '', payload }) as const);
    await publisher.publishAll(drafts);
    await clock.settle();
  };
  const numbers = () => copy.map(({ value }) => value);
  const close = async () => {
    const closed = mirror.close();
    await clock.advance(2_000);
    await closed;
  };
  return { ...made, publisher, mirror, epoch, hear, numbers, changes: () => changes, close };
}

function results(from: number, to: number): SharedResult[] {
  return Array.from({ length: to - from }, (_, at) => sharedResult(from + at, from + at));
}

function part(query: string, turn: number, from: number, to: number, coordinator = 'c'): StatePart {
  return { coordinator, query, turn, from, results: results(from, to) };
}

describe('state mirror', () => {
  it('gives workers what comes, and says how much of a query is here', async () => {
    const { mirror, hear, numbers, close, changes } = bench();
    expect(mirror.has('q', 0)).to.equal(false);
    await hear(part('q', 1, 0, 0));
    expect([mirror.has('q', 0), mirror.has('q', 1), mirror.has('p', 0)]).to.deep.equal([true, false, false]);
    await hear(part('q', 1, 0, 2));
    expect([mirror.has('q', 2), mirror.has('q', 3)]).to.deep.equal([true, false]);
    expect(numbers()).to.deep.equal([0, 1]);
    expect(changes()).to.equal(2);
    await close();
  });

  it('forgets a query when the next begins, and an earlier one changes nothing', async () => {
    const { mirror, hear, numbers, close } = bench();
    await hear(part('q', 1, 0, 2));
    await hear(part('r', 2, 0, 1));
    await hear(part('q', 1, 0, 3));
    expect([mirror.has('q', 0), mirror.has('r', 1)]).to.deep.equal([false, true]);
    expect(numbers()).to.deep.equal([0]);
    await close();
  });

  it('goes by the newest leadership, whose turns begin anew', async () => {
    const { mirror, hear, epoch, close } = bench();
    await hear(part('q', 5, 0, 2));
    epoch.now = 2;
    await hear(part('r', 1, 0, 1));
    expect(mirror.has('r', 1)).to.equal(true);
    epoch.now = 1;
    await hear(part('s', 6, 0, 1));
    expect([mirror.has('s', 0), mirror.has('r', 1)]).to.deep.equal([false, true]);
    await close();
  });

  it('goes by the newest coordinator where both have one epoch', async () => {
    const { mirror, hear, close } = bench();
    await hear(part('q', 5, 0, 2));
    await hear(part('r', 1, 0, 1, 'next'));
    expect([mirror.has('q', 0), mirror.has('r', 1)]).to.deep.equal([false, true]);
    await close();
  });

  it('tells of what is no part of a state, and goes on', async () => {
    const { mirror, publisher, hear, errors, close } = bench();
    await publisher.publishAll([{ kind: 'state', agent: '', payload: encode({ query: 1 }) }]);
    await hear(part('q', 1, 0, 1));
    expect(errors).to.have.length(1);
    expect(mirror.has('q', 1)).to.equal(true);
    await close();
  });

  it('has a beginning of the state without a gap, whatever comes twice, late or not at all', async () => {
    const piece = fc.record({ from: fc.nat(12), count: fc.nat(5) });
    const run = async (pieces: readonly { from: number; count: number }[]) => {
      const { mirror, hear, numbers, close } = bench();
      let known = 0;
      for (const { from, count } of pieces) {
        await hear(part('q', 1, from, from + count));
        if (from <= known) known = Math.max(known, from + count);
        expect(numbers()).to.deep.equal(Array.from({ length: known }, (_, at) => at));
        expect([mirror.has('q', known), mirror.has('q', known + 1)]).to.deep.equal([true, false]);
      }
      await close();
    };
    await fc.assert(fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 15 }), run), { numRuns: 60 });
  });
});
