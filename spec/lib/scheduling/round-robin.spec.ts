import { expect } from 'chai';
import fc from 'fast-check';
import type { TaskView, WorkerView } from '../../../lib/scheduling/contract.js';
import { roundRobin } from '../../../lib/scheduling/round-robin.js';

function tasks(count: number): TaskView[] {
  return Array.from({ length: count }, () => ({
    agent: 'a',
    priority: 4,
    orderingKey: undefined,
    enqueuedAtMs: 0,
  }));
}

function workers(ids: readonly string[], window = 1_000): WorkerView[] {
  return ids.map((id) => ({ id, held: 0, stealable: 0, window, credit: 256 }));
}

/** Who gets each of `count` tasks, and the state after. */
function place(state: typeof roundRobin.initial, count: number, among: readonly WorkerView[]) {
  const placement = roundRobin.place(state, tasks(count), among);
  return { state: placement.state, ids: placement.workers.map((at) => among[at ?? -1]?.id) };
}

describe('round robin', () => {
  it('goes on where it left off, over one call or many', () => {
    const calls = fc.array(fc.nat(9), { maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), calls, (size, counts) => {
        const ids = Array.from({ length: size }, (_, at) => `w${at}`);
        let state = roundRobin.initial;
        const placed: (string | undefined)[] = [];
        for (const count of counts) {
          const next = place(state, count, workers(ids));
          state = next.state;
          placed.push(...next.ids);
        }
        expect(placed).to.deep.equal(placed.map((_, at) => ids[at % size]));
      }),
    );
  });

  it('keeps every worker with room within one task of the others, however they come and go', () => {
    const step = fc.record({
      leaves: fc.option(fc.nat(9), { nil: undefined }),
      joins: fc.boolean(),
      count: fc.nat(12),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let ids = ['w0', 'w1'];
        let named = 2;
        let state = roundRobin.initial;
        for (const { leaves, joins, count } of steps) {
          if (leaves !== undefined && ids.length > 1) ids = ids.filter((_, at) => at !== leaves % ids.length);
          if (joins) ids = [...ids, `w${named++}`];
          const next = place(state, count, workers(ids));
          state = next.state;
          const got = ids.map((id) => next.ids.filter((other) => other === id).length);
          expect(Math.max(...got) - Math.min(...got)).to.be.at.most(1);
        }
      }),
    );
  });

  it('gives the turn of one that left to who comes after it', () => {
    const first = place(roundRobin.initial, 2, workers(['a', 'b', 'c', 'd']));
    expect(first.ids).to.deep.equal(['a', 'b']);
    expect(place(first.state, 3, workers(['a', 'c', 'd'])).ids).to.deep.equal(['c', 'd', 'a']);
    expect(place(first.state, 2, workers(['b', 'c', 'd'])).ids).to.deep.equal(['c', 'd']);
    expect(place(first.state, 1, workers(['a'])).ids).to.deep.equal(['a']);
  });

  it('passes over who is full, and takes its turns when all are', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { minLength: 1, maxLength: 6 }), fc.nat(40), (held, count) => {
        const window = 4;
        const among = held.map((n, at) => ({ id: `w${at}`, held: n, stealable: 0, window, credit: 256 }));
        const after = [...held];
        for (const at of roundRobin.place(roundRobin.initial, tasks(count), among).workers) {
          const isRoom = after.some((n) => n < window);
          if (isRoom) expect(after[at ?? -1]).to.be.below(window);
          after[at ?? -1] = (after[at ?? -1] ?? 0) + 1;
        }
      }),
    );
    const full = [
      { id: 'a', held: 4, stealable: 0, window: 4, credit: 256 },
      { id: 'b', held: 9, stealable: 0, window: 4, credit: 256 },
    ];
    expect(place(roundRobin.initial, 3, full).ids).to.deep.equal(['a', 'b', 'a']);
  });

  it('places nothing when there is nothing', () => {
    const { state } = place(roundRobin.initial, 1, workers(['a', 'b']));
    expect(roundRobin.place(state, [], workers(['a', 'b']))).to.deep.equal({ state, workers: [] });
  });
});
