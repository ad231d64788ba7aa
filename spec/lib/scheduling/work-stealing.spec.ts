import { expect } from 'chai';
import fc from 'fast-check';
import type { WorkerView } from '../../../lib/scheduling/contract.js';
import { roundRobin } from '../../../lib/scheduling/round-robin.js';
import { type WorkStealingOptions, workStealing } from '../../../lib/scheduling/work-stealing.js';
import { taskViews, workerView } from './views.js';

const policy = workStealing();

/** Workers with lines of these lengths, one of them keyed a line; an empty one has nothing at all. */
function linesOf(...lengths: readonly number[]): WorkerView[] {
  return lengths.map((stealable, at) =>
    workerView(`w${at}`, { stealable, held: stealable === 0 ? 0 : stealable + 1 }),
  );
}

function theftOf(workers: readonly WorkerView[], thief: number) {
  return policy.steal?.(policy.initial, thief, workers);
}

describe('work stealing', () => {
  it('places tasks without a key in turn, as round robin does', () => {
    const counts = fc.array(fc.nat(9), { maxLength: 10 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), counts, (size, calls) => {
        const workers = linesOf(...Array.from({ length: size }, () => 0));
        const [even, robin] = [workStealing(), roundRobin()];
        let state = even.initial;
        let turn = robin.initial;
        for (const count of calls) {
          const [one, other] = [
            even.place(state, taskViews(count), workers),
            robin.place(turn, taskViews(count), workers),
          ];
          expect(one.workers).to.deep.equal(other.workers);
          state = one.state;
          turn = other.state;
        }
      }),
    );
  });

  it('counts tasks with a key for the credit, not for the turn', () => {
    const workers = ['a', 'b'].map((id) => workerView(id, { credit: 2 }));
    const [home] = policy.place(policy.initial, taskViews(1, { orderingKey: 'k' }), workers).workers;
    const tasks = [...taskViews(2, { orderingKey: 'k' }), ...taskViews(2)];
    const other = home === 0 ? 1 : 0;
    expect(policy.place(policy.initial, tasks, workers).workers).to.deep.equal([home, home, other, other]);
  });

  it('takes half of the longest line, rounded up', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { minLength: 1, maxLength: 6 }), (lengths) => {
        const longest = Math.max(...lengths);
        const theft = theftOf(linesOf(0, ...lengths), 0);
        if (longest === 0) expect(theft).to.equal(undefined);
        else
          expect(theft).to.include({ victim: lengths.indexOf(longest) + 1, count: Math.ceil(longest / 2) });
      }),
    );
  });

  it('takes nothing for who has no room or a line of its own, and no more than its credit has room for', () => {
    const peer = workerView('peer', { held: 40, stealable: 40 });
    const theft = (thief: Partial<WorkerView>) => theftOf([workerView('thief', thief), peer], 0);
    expect(theft({ held: 7, window: 8 })?.count).to.equal(20);
    expect(theft({ held: 8, window: 8 })).to.equal(undefined);
    expect(theft({ held: 3, stealable: 1 })).to.equal(undefined);
    expect(theft({ held: 7, window: 8, credit: 12 })?.count).to.equal(5);
    expect(theftOf([peer], 1)).to.equal(undefined);
  });

  it('draws among equally long lines by its seed, the same way every time', () => {
    const victims = (seed: number) => {
      const drawn = workStealing({ seed });
      let state = drawn.initial;
      return Array.from({ length: 60 }, () => {
        const theft = drawn.steal?.(state, 0, linesOf(0, 5, 3, 5, 5));
        state = theft?.state ?? state;
        return theft?.victim;
      });
    };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (seed) => {
        expect(victims(seed)).to.deep.equal(victims(seed));
        expect([...new Set(victims(seed))].sort()).to.deep.equal([1, 3, 4]);
      }),
    );
    expect(victims(1)).to.not.deep.equal(victims(2));
  });

  it('spreads keys evenly, and moves no more of them than it must', () => {
    const keys = Array.from({ length: 2_000 }, (_, at) => `user-${at}`);
    const homesAmong = (...ids: readonly string[]) => {
      const tasks = keys.flatMap((orderingKey) => taskViews(1, { orderingKey }));
      const workers = ids.map((id) => workerView(id, { credit: 1 }));
      return policy.place(policy.initial, tasks, workers).workers.map((at) => ids[at ?? -1]);
    };
    const before = homesAmong('worker-1', 'worker-2', 'worker-3', 'worker-4');
    for (const id of ['worker-1', 'worker-2', 'worker-3', 'worker-4'])
      expect(before.filter((home) => home === id).length).to.be.within(430, 570);
    homesAmong('worker-1', 'worker-3', 'worker-4').forEach((home, at) => {
      if (before[at] !== 'worker-2') expect(home).to.equal(before[at]);
    });
    homesAmong('worker-1', 'worker-2', 'worker-3', 'worker-4', 'worker-5').forEach((home, at) => {
      if (home !== 'worker-5') expect(home).to.equal(before[at]);
    });
  });

  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [{ seed: -1 }, /^seed must be a whole number from 0 to 4294967295, not -1\.$/],
    [{ seed: 2 ** 32 }, /^seed must be .*, not 4294967296\.$/],
    [{ seed: 0.5 }, /^seed must be .*, not 0\.5\.$/],
    [{ seed: '7' }, /^seed must be .*, not '7'\.$/],
    [{ sede: 7 }, /^There is no option "sede"; the options of workStealing are seed\.$/],
    [7, /^the options of workStealing must be an object, not 7\.$/],
    [null, /^the options of workStealing must be an object, not null\.$/],
  ];
  for (const [options, message] of wrong) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      expect(() => workStealing(options as WorkStealingOptions))
        .to.throw(message)
        .with.property('code', 'InvalidOption');
    });
  }
});
