import { expect } from 'chai';
import fc from 'fast-check';
import type { TaskView } from '../../../lib/scheduling/contract.js';
import { type PriorityOptions, priority } from '../../../lib/scheduling/priority.js';
import { taskViews, workerView } from './views.js';

const YEAR_MS = 31_536_000_000;
const level = fc.integer({ min: 0, max: 9 });
const wallMs = fc.integer({ min: 0, max: 2 ** 42 });

function rank(policy: ReturnType<typeof priority>, task: Partial<TaskView>): number {
  return Math.max(...taskViews(1, task).map((view) => policy.rank?.(view) ?? Number.NaN));
}

describe('priority', () => {
  it('leaves every task in the common line', () => {
    const policy = priority();
    const workers = [workerView('a'), workerView('b')];
    for (const count of [0, 1, 3]) {
      const nobody = Array.from({ length: count }, () => undefined);
      expect(policy.place(policy.initial, taskViews(count), workers).workers).to.deep.equal(nobody);
    }
    expect(policy.steal).to.equal(undefined);
  });

  it('ranks by priority alone, however old a task is, unless it ages', () => {
    fc.assert(
      fc.property(level, wallMs, (one, enqueuedAtMs) => {
        expect(rank(priority(), { priority: one, enqueuedAtMs })).to.equal(one);
      }),
    );
    expect(priority().ageingMs).to.equal(undefined);
    expect(priority({ ageingMs: 250 }).ageingMs).to.equal(250);
  });

  it('counts each ageingMs of waiting as one step of priority, to the millisecond', () => {
    fc.assert(
      fc.property(
        level,
        level,
        wallMs,
        fc.integer({ min: 1, max: YEAR_MS }),
        (old, young, sinceMs, ageingMs) => {
          const policy = priority({ ageingMs });
          const first = rank(policy, { priority: old, enqueuedAtMs: sinceMs });
          const evenMs = sinceMs + (young - old) * ageingMs;
          expect(rank(policy, { priority: young, enqueuedAtMs: evenMs })).to.equal(first);
          expect(rank(policy, { priority: young, enqueuedAtMs: evenMs + 1 })).to.be.below(first);
          expect(rank(policy, { priority: young, enqueuedAtMs: evenMs - 1 })).to.be.above(first);
        },
      ),
    );
  });

  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [{ ageingMs: 0 }, /^ageingMs must be a whole number from 1 to 31536000000, not 0\.$/],
    [{ ageingMs: YEAR_MS + 1 }, /^ageingMs must be .*, not 31536000001\.$/],
    [{ ageingMs: 1.5 }, /^ageingMs must be .*, not 1\.5\.$/],
    [{ ageingMs: Number.NaN }, /^ageingMs must be .*, not NaN\.$/],
    [{ ageingMs: '5' }, /^ageingMs must be .*, not '5'\.$/],
    [{ ageing: 5 }, /^There is no option "ageing"; the options of priority are ageingMs\.$/],
    ['5', /^the options of priority must be an object, not '5'\.$/],
  ];
  for (const [options, message] of wrong) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      expect(() => priority(options as PriorityOptions))
        .to.throw(message)
        .with.property('code', 'InvalidOption');
    });
  }

  it('takes an ageingMs at both ends of its range', () => {
    for (const ageingMs of [1, YEAR_MS]) expect(priority({ ageingMs })).to.include({ ageingMs });
  });
});
