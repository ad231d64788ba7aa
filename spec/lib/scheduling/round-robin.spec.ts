import { expect } from 'chai';
import fc from 'fast-check';
import type { WorkerView } from '../../../lib/scheduling/contract.js';
import { roundRobin } from '../../../lib/scheduling/round-robin.js';
import { taskViews, workerView } from './views.js';

const policy = roundRobin();

function workers(...ids: readonly string[]): WorkerView[] {
  return ids.map((id) => workerView(id));
}

/** Who gets each of `count` tasks, and the state after. */
function place(state: typeof policy.initial, count: number, among: readonly WorkerView[]) {
  const placement = policy.place(state, taskViews(count), among);
  return { state: placement.state, ids: placement.workers.map((at) => among[at ?? -1]?.id) };
}

describe('round robin', () => {
  it('goes on where it left off, over one call or many', () => {
    const calls = fc.array(fc.nat(9), { maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), calls, (size, counts) => {
        const ids = Array.from({ length: size }, (_, at) => `w${at}`);
        let state = policy.initial;
        const placed: (string | undefined)[] = [];
        for (const count of counts) {
          const next = place(state, count, workers(...ids));
          state = next.state;
          placed.push(...next.ids);
        }
        expect(placed).to.deep.equal(placed.map((_, at) => ids[at % size]));
      }),
    );
  });

  it('gives the turn of one that left to who comes after it', () => {
    const first = place(policy.initial, 2, workers('a', 'b', 'c', 'd'));
    expect(first.ids).to.deep.equal(['a', 'b']);
    expect(place(first.state, 3, workers('a', 'c', 'd')).ids).to.deep.equal(['c', 'd', 'a']);
    expect(place(first.state, 2, workers('b', 'c', 'd')).ids).to.deep.equal(['c', 'd']);
    expect(place(first.state, 1, workers('a')).ids).to.deep.equal(['a']);
  });

  it('keeps the turns of those that stay when several leave at once', () => {
    const { state } = place(policy.initial, 3, workers('a', 'b', 'c', 'd'));
    expect(place(state, 2, workers('b', 'd')).ids).to.deep.equal(['d', 'b']);
  });

  it('lets one that came back under its old id wait behind those that stayed', () => {
    const { state } = place(policy.initial, 2, workers('a', 'b', 'c'));
    expect(place(state, 3, workers('a', 'c', 'b')).ids).to.deep.equal(['c', 'b', 'a']);
    expect(place(state, 3, workers('b', 'c', 'a')).ids).to.deep.equal(['c', 'a', 'b']);
  });

  it('passes over who holds its credit, and takes its turns when all do', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { minLength: 1, maxLength: 6 }), fc.nat(40), (held, count) => {
        const credit = 4;
        const among = held.map((n, at) => workerView(`w${at}`, { held: n, credit }));
        const after = [...held];
        for (const at of policy.place(policy.initial, taskViews(count), among).workers) {
          const isRoom = after.some((n) => n < credit);
          if (isRoom) expect(after[at ?? -1]).to.be.below(credit);
          after[at ?? -1] = (after[at ?? -1] ?? 0) + 1;
        }
      }),
    );
    const full = [workerView('a', { held: 4, credit: 4 }), workerView('b', { held: 9, credit: 4 })];
    expect(place(policy.initial, 3, full).ids).to.deep.equal(['a', 'b', 'a']);
  });

  it('does not mind windows: a worker with enough at hand has its turn', () => {
    const busy = [workerView('a', { held: 8, window: 8 }), workerView('b')];
    expect(place(policy.initial, 3, busy).ids).to.deep.equal(['a', 'b', 'a']);
  });

  it('places nothing when there is nothing', () => {
    const { state } = place(policy.initial, 1, workers('a', 'b'));
    expect(policy.place(state, [], workers('a', 'b'))).to.deep.equal({ state, workers: [] });
  });

  it('remembers no more than the workers of today', () => {
    let state = policy.initial;
    for (let life = 0; life < 1_000; life += 1)
      state = place(state, 5, workers(`${life}`, `${life + 1}`)).state;
    expect(state.length).to.be.at.most(2);
  });
});
