import { expect } from 'chai';
import fc from 'fast-check';
import { recordRestart } from '../../../lib/supervision/intensity.js';

describe('restart intensity', () => {
  it('is exceeded exactly when more than `intensity` restarts lie within the period, and holds no more times than that', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(gaps, fc.nat(6), fc.integer({ min: 0, max: 100 }), (gapsMs, intensity, periodMs) => {
        const all: number[] = [];
        let restarts: readonly number[] = [];
        for (const gapMs of gapsMs) {
          const atMs = (all.at(-1) ?? 0) + gapMs;
          all.push(atMs);
          const within = all.filter((timeMs) => atMs - timeMs <= periodMs).length;
          const verdict = recordRestart(restarts, atMs, { intensity, periodMs });
          expect(verdict.exceeded).to.equal(within > intensity);
          if (verdict.exceeded) return;
          restarts = verdict.restarts;
          expect(restarts.length).to.be.at.most(intensity);
        }
      }),
    );
  });

  it('does not change the list it is given', () => {
    const restarts = Object.freeze([1, 2]);
    expect(recordRestart(restarts, 3, { intensity: 5, periodMs: 10 })).to.deep.equal({
      restarts: [1, 2, 3],
      exceeded: false,
    });
  });
});
