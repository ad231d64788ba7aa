import { expect } from 'chai';
import fc from 'fast-check';
import type { SchedulingPolicy } from '../../../lib/scheduling/contract.js';
import { priority } from '../../../lib/scheduling/priority.js';
import { roundRobin } from '../../../lib/scheduling/round-robin.js';
import { workStealing } from '../../../lib/scheduling/work-stealing.js';
import * as broken from './broken-policies.js';
import {
  affinity,
  ageing,
  balance,
  conservation,
  grahamsBound,
  honestThefts,
  type Law,
  makespanRatio,
  makespanWithin,
  noneLostNoneTwice,
  order,
} from './laws.js';
import { runPool } from './pool-model.js';
import { anyScript, batchScript, burstScript, type PoolScript } from './pool-scripts.js';

const AGEING_MS = 3;
const aged = priority({ ageingMs: AGEING_MS });
const seeded: SchedulingPolicy = { ...workStealing({ seed: 7 }), name: 'work-stealing, seeded' };
const shipped = [roundRobin(), workStealing(), seeded, priority(), aged];

/** A law, who keeps it over which scripts, and the seeded faults that break it. */
interface Promised {
  readonly law: string;
  readonly isBroken: Law;
  readonly scripts: fc.Arbitrary<PoolScript>;
  readonly keptBy: readonly SchedulingPolicy[];
  readonly brokenBy: readonly SchedulingPolicy[];
}

const promises: readonly Promised[] = [
  {
    law: 'balance: two open workers get the same within one task, however others come and go',
    isBroken: balance,
    scripts: anyScript,
    keptBy: [roundRobin()],
    brokenBy: [broken.turnByPosition, broken.turnByLast, broken.freshTurns, broken.hoarder],
  },
  {
    law: 'work conservation: nobody is idle while a task waits that it may take',
    isBroken: conservation,
    scripts: anyScript,
    keptBy: [workStealing(), seeded, priority(), aged],
    brokenBy: [roundRobin(), broken.hoarder, broken.politeThief, broken.timidThief, broken.shortSightedThief],
  },
  {
    law: "Graham's bound, as whoever conserves work keeps it",
    isBroken: grahamsBound,
    scripts: batchScript,
    keptBy: [workStealing(), seeded, priority(), aged],
    brokenBy: [roundRobin(), broken.hoarder, broken.timidThief],
  },
  {
    law: 'order: the larger priority first, FIFO among equals',
    isBroken: order,
    scripts: anyScript,
    keptBy: [priority()],
    brokenBy: [broken.smallestFirst, broken.unranked, broken.newestFirst],
  },
  {
    law: 'ageing: a task waits for none that came so much later that its priority cannot make up for it',
    isBroken: ageing(AGEING_MS),
    scripts: anyScript,
    keptBy: [aged],
    brokenBy: [priority(), priority({ ageingMs: 3 * AGEING_MS }), broken.youthFirst(AGEING_MS)],
  },
  {
    law: 'no loss, no double run, whoever dies, in the middle of a theft too',
    isBroken: noneLostNoneTwice,
    scripts: anyScript,
    keptBy: shipped,
    brokenBy: [broken.forgetful],
  },
  {
    law: 'honest thefts: something, from a peer, and no keyed task',
    isBroken: honestThefts,
    scripts: anyScript,
    keptBy: [workStealing(), seeded],
    brokenBy: [broken.greedyThief, broken.blindThief],
  },
  {
    law: 'affinity: a key stays with its worker while that lives, but for one that joins',
    isBroken: affinity,
    scripts: anyScript,
    keptBy: [workStealing(), seeded],
    brokenBy: [broken.keysInTurn, broken.keysByModulo],
  },
  {
    law: 'an adversarial burst is done within 1.15 of the ideal makespan',
    isBroken: makespanWithin(1.15),
    scripts: burstScript,
    keptBy: [workStealing(), seeded, priority(), aged],
    brokenBy: [roundRobin(), broken.timidThief],
  },
];

function keeps(isBroken: Law, policy: SchedulingPolicy, scripts: fc.Arbitrary<PoolScript>) {
  return fc.property(scripts, (script) => {
    expect(isBroken(runPool(policy, script), script)).to.deep.equal([]);
  });
}

describe('the laws of the policies', () => {
  for (const { law, isBroken, scripts, keptBy, brokenBy } of promises) {
    describe(law, () => {
      for (const policy of keptBy) {
        it(`is kept by ${policy.name}${policy.ageingMs === undefined ? '' : ', ageing'}`, () => {
          fc.assert(keeps(isBroken, policy, scripts), { numRuns: scripts === burstScript ? 20 : 200 });
        });
      }
      for (const policy of brokenBy) {
        it(`is broken by ${policy.name}`, () => {
          const { failed } = fc.check(keeps(isBroken, policy, scripts), { seed: 1, endOnFailure: true });
          expect(failed).to.equal(true);
        });
      }
    });
  }

  for (const fault of ['keeps-stolen', 'forgets-stolen'] as const) {
    it(`find tasks lost or doubled in a pool that ${fault.replace('-', ' what is ')}`, () => {
      const faulty = anyScript.map((script) => ({ ...script, fault }));
      const property = keeps(noneLostNoneTwice, workStealing(), faulty);
      expect(fc.check(property, { seed: 1, endOnFailure: true }).failed).to.equal(true);
    });
  }

  it('show round robin at more than 1.5 of the ideal makespan in the burst', () => {
    fc.assert(
      fc.property(burstScript, (script) => {
        expect(makespanRatio(runPool(roundRobin(), script), script)).to.be.above(1.5);
      }),
      { numRuns: 20 },
    );
  });

  it('speak of what happens: workers die over tasks, in thefts, and tasks are served out of turn', () => {
    const runs = fc.sample(anyScript, { seed: 1, numRuns: 200 });
    const stolen = runs.filter((script) => runPool(workStealing(), script).thefts.length > 0);
    const cutOff = runs.filter((script) => runPool(workStealing(), script).cutOff.length > 0);
    const waited = runs.filter((script) =>
      runPool(priority(), script).served.some(({ waiting }) => waiting[0]),
    );
    for (const some of [stolen, cutOff, waited]) expect(some.length).to.be.above(40);
  });
});
