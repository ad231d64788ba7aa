import { expect } from 'chai';
import fc from 'fast-check';
import { randomInteger, seededRandom, systemRandom } from '../../../lib/core/random.js';

describe('random', () => {
  it('replays from its seed, within [0, 1)', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const [one, two] = [seededRandom(seed), seededRandom(seed)];
        for (let draw = 0; draw < 50; draw += 1) {
          const number = one.next();
          expect(number).to.be.within(0, 1 - Number.EPSILON);
          expect(two.next()).to.equal(number);
        }
      }),
    );
    expect(systemRandom.next()).to.be.within(0, 1 - Number.EPSILON);
    expect(seededRandom(1).next()).to.not.equal(seededRandom(2).next());
  });

  it('spreads whole numbers evenly below a bound', () => {
    const random = seededRandom(7);
    const counts = Array<number>(10).fill(0);
    for (let draw = 0; draw < 10_000; draw += 1) {
      const at = randomInteger(random, 10);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    expect(counts).to.have.length(10);
    for (const count of counts) expect(count).to.be.within(850, 1_150);
  });
});
