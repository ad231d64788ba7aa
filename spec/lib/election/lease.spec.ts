import { expect } from 'chai';
import fc from 'fast-check';
import {
  isLeaseFree,
  type LeaseObservation,
  type LeaseState,
  leaseRenewalMs,
  leaseRetryMs,
  leaseWorkMs,
  mayTakeLease,
  nextEpoch,
  observeLease,
  sameLeaseTerm,
} from '../../../lib/election/lease.js';

const leaseMs = 30_000;
const holders = fc.option(fc.constantFrom('a', 'b'), { nil: undefined });
const states = fc.record({ holder: holders, epoch: fc.nat(1), heartbeat: fc.nat(1) });
const waits = fc.array(fc.nat(20_000), { minLength: 1, maxLength: 5 });
/** Looks in runs: the same state seen a few times, then another. */
const looks = fc
  .array(fc.tuple(fc.option(states, { nil: undefined }), waits), { minLength: 1, maxLength: 6 })
  .map((runs) =>
    runs.flatMap(([state, waitsMs]) => waitsMs.map((waitMs) => ({ state: state && { ...state }, waitMs }))),
  );

describe('lease rules', () => {
  it('expire by observation: only what was seen unchanged for a whole lease', () => {
    fc.assert(
      fc.property(looks, (steps) => {
        const seen: { state: LeaseState | undefined; atMs: number }[] = [];
        let observation: LeaseObservation | undefined;
        let atMs = 0;
        for (const { state, waitMs } of steps) {
          atMs += waitMs;
          seen.push({ state, atMs });
          observation = observeLease(observation, state, atMs);
          // The oracle keeps every look: when did the run of equal states that ends here begin?
          const changed = seen.findLastIndex((look) => JSON.stringify(look.state) !== JSON.stringify(state));
          const unchangedMs = atMs - (seen[changed + 1]?.atMs ?? atMs);
          const expected = state?.holder === undefined || unchangedMs >= leaseMs;
          expect(mayTakeLease(observation, leaseMs, atMs)).to.equal(expected);
        }
      }),
    );
  });

  it('take any sign of life for one', () => {
    const state: LeaseState = { holder: 'a', epoch: 1, heartbeat: 4 };
    const first = observeLease(undefined, state, 0);
    for (const change of [{ heartbeat: 5 }, { epoch: 2 }, { holder: 'b' }]) {
      const second = observeLease(first, { ...state, ...change }, leaseMs);
      expect(mayTakeLease(second, leaseMs, leaseMs), JSON.stringify(change)).to.equal(false);
    }
    expect(mayTakeLease(observeLease(first, { ...state }, leaseMs), leaseMs, leaseMs)).to.equal(true);
    expect(mayTakeLease(first, leaseMs, leaseMs - 1)).to.equal(false);
  });

  it('call a lease free when it was never held or given up', () => {
    expect(isLeaseFree(undefined)).to.equal(true);
    expect(isLeaseFree({ holder: undefined, epoch: 3, heartbeat: 1 })).to.equal(true);
    expect(isLeaseFree({ holder: '', epoch: 3, heartbeat: 1 })).to.equal(false);
  });

  it('tell a term by holder and epoch', () => {
    const state = { holder: 'a', epoch: 1, heartbeat: 1 };
    expect(sameLeaseTerm(state, { ...state, heartbeat: 9 })).to.equal(true);
    expect(sameLeaseTerm(state, { ...state, epoch: 2 })).to.equal(false);
    expect(sameLeaseTerm(state, { ...state, holder: undefined })).to.equal(false);
    expect(sameLeaseTerm(undefined, undefined)).to.equal(false);
  });

  it('renew at a third, retry before work stops at two thirds, and count the time a renewal took', () => {
    expect(leaseRenewalMs(leaseMs)).to.equal(10_000);
    expect(leaseWorkMs(leaseMs)).to.equal(20_000);
    expect(leaseWorkMs(leaseMs, 5_000)).to.equal(15_000);
    expect(leaseWorkMs(leaseMs, 50_000)).to.equal(0);
    expect(leaseRenewalMs(leaseMs) + 4 * leaseRetryMs(leaseMs)).to.be.at.most(leaseWorkMs(leaseMs));
  });

  it('give the next term an epoch above everything seen', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (lease, store) => {
        expect(nextEpoch(lease, store)).to.be.above(lease).and.above(store);
      }),
    );
  });
});
