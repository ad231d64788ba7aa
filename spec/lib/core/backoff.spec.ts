import { expect } from 'chai';
import fc from 'fast-check';
import { backoffDelayMs, defaultBackoff } from '../../../lib/core/backoff.js';
import { seededRandom } from '../../../lib/core/random.js';

describe('backoff', () => {
  it('doubles up to its bound, and jitter takes away at most its share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer(), (attempt, seed) => {
        const fullMs = Math.min(30_000, 100 * 2 ** (attempt - 1));
        const delayMs = backoffDelayMs(defaultBackoff, attempt, seededRandom(seed));
        expect(delayMs).to.be.within(fullMs * 0.75, fullMs);
      }),
    );
  });

  it('is fixed, or a function, which never asks for less than nothing', () => {
    const random = seededRandom(1);
    expect(backoffDelayMs({ type: 'fixed', delayMs: 7 }, 9, random)).to.equal(7);
    expect(backoffDelayMs((attempt) => attempt * 2, 9, random)).to.equal(18);
    expect(backoffDelayMs(() => -1, 9, random)).to.equal(0);
  });
});
