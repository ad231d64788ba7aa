import { expect } from 'chai';
import fc from 'fast-check';
import { percentile } from './percentile.js';

describe('a percentile', () => {
  it('is the figure of the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
    expect([0, 1, 50, 99, 100].map((percent) => percentile(hundred, percent))).to.deep.equal([
      1, 1, 50, 99, 100,
    ]);
    expect(percentile([7], 99)).to.equal(7);
    expect(percentile([], 50)).to.deep.equal(Number.NaN);
  });

  it('is one of the figures, which so many percent of them are not above', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 100 }),
        (figures, percent) => {
          const at = percentile(figures, percent);
          const share = (some: readonly number[]) => (100 * some.length) / figures.length;
          expect(figures).to.include(at);
          expect(share(figures.filter((figure) => figure <= at))).to.be.at.least(percent);
          expect(share(figures.filter((figure) => figure < at))).to.be.below(percent);
        },
      ),
    );
  });
});
