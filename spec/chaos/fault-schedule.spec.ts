import { expect } from 'chai';
import fc from 'fast-check';
import { seededRandom } from '../../lib/core/random.js';
import { drawSchedule, type FaultKind, victimOf } from './fault-schedule.js';

const kinds: readonly FaultKind[] = [
  'kill party',
  'stop party',
  'kill server',
  'stop server',
  'cut connections',
];
const terms = { kinds, parties: 3, lengthMs: 20_000, leaseMs: 500, gapMs: 400 };
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

const drawn = (seed: number) => drawSchedule(seededRandom(seed), terms);

describe('a schedule of faults', () => {
  it('is the same for the same seed, and ends every stop after two leases', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const schedule = drawn(seed);
        expect(drawn(seed)).to.deep.equal(schedule);
        for (const { kind, lastsMs, atMs } of schedule) {
          if (kind.startsWith('stop')) expect(lastsMs).to.equal(1_000);
          expect(atMs).to.be.within(0, terms.lengthMs);
        }
      }),
    );
  });

  it('lets no two faults of one victim overlap, and meets every kind', () => {
    const met = new Set<string>();
    fc.assert(
      fc.property(seeds, (seed) => {
        const untilMs = new Map<string, number>();
        for (const fault of drawn(seed)) {
          met.add(fault.kind);
          expect(fault.atMs).to.be.at.least(untilMs.get(victimOf(fault)) ?? 0);
          untilMs.set(victimOf(fault), fault.atMs + fault.lastsMs);
        }
      }),
    );
    expect([...met].sort()).to.deep.equal([...kinds].sort());
  });
});
