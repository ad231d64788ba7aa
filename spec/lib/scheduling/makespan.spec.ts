import { expect } from 'chai';
import fc from 'fast-check';
import { leastMakespanMs } from '../../../lib/scheduling/makespan.js';

const durations = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 });

/** The makespan of the best of all schedules, found by trying every one. */
function optimumMs(durationsMs: readonly number[], loadsMs: readonly number[]): number {
  const [first, ...rest] = durationsMs;
  if (first === undefined) return Math.max(...loadsMs);
  const triedMs = loadsMs.map((_, at) =>
    optimumMs(
      rest,
      loadsMs.map((loadMs, other) => (other === at ? loadMs + first : loadMs)),
    ),
  );
  return Math.min(...triedMs);
}

describe('the least makespan', () => {
  it('is the longest task or an equal share of all, whichever is more', () => {
    expect(leastMakespanMs([], 3)).to.equal(0);
    expect(leastMakespanMs([5, 1, 1], 2)).to.equal(5);
    expect(leastMakespanMs([5, 5, 5], 2)).to.equal(7.5);
    expect(leastMakespanMs([4, 4, 4, 4], 2)).to.equal(8);
  });

  it('is beaten by no schedule, and less than half of the best by none', () => {
    fc.assert(
      fc.property(durations, fc.integer({ min: 1, max: 3 }), (durationsMs, workers) => {
        const bestMs = optimumMs(
          durationsMs,
          Array.from({ length: workers }, () => 0),
        );
        expect(leastMakespanMs(durationsMs, workers)).to.be.within(bestMs / 2, bestMs);
      }),
    );
  });
});
