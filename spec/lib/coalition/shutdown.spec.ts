import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import fc from 'fast-check';
import { InMemoryBroker } from '../../../lib/brokers/memory.js';
import { defineAgent } from '../../../lib/coalition/define.js';
import type { ShutdownOptions } from '../../../lib/coalition/drain.js';
import { sleep } from '../../../lib/core/clock.js';
import type { Limits } from '../../../lib/core/limits.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { FaultyBroker } from './faulty-broker.js';
import { bench, drive, square } from './inline.js';

interface Job {
  readonly delayMs: number;
  readonly waitMs: number;
  readonly isSignalled: boolean;
  /** It throws this often before it answers. */
  readonly failures: number;
  /** 0: it answers without a promise. */
  readonly takesMs: number;
}

/** So often what is deferred may lead to more that is. */
const TURNS_MAX = 50;

/** A coalition that has done what it had to do. */
interface Idle {
  readonly done: number;
  readonly restedMs: number;
  readonly isShared: boolean;
  readonly isBrokerOurs: boolean;
  readonly drain: 'queue' | 'inFlight';
}

const job: fc.Arbitrary<Job> = fc.record({
  delayMs: fc.constantFrom(0, 0, 0, 25, 100_000),
  waitMs: fc.constantFrom(0, 0, 40),
  isSignalled: fc.boolean(),
  failures: fc.constantFrom(0, 0, 0, 1, 2, 9),
  takesMs: fc.constantFrom(0, 0, 3, 20, 200),
});

const run = fc.record({
  jobs: fc.array(job, { maxLength: 40 }),
  mapped: fc.nat(20),
  leavesAt: fc.constantFrom(3, 1_000),
  many: fc.nat(12),
  cancels: fc.array(fc.nat(39), { maxLength: 10 }),
  isLeft: fc.boolean(),
  shutdownMs: fc.integer({ min: 0, max: 120 }),
  graceMs: fc.constantFrom(0, 1, 40, 5_000),
  drain: fc.constantFrom('queue', 'inFlight'),
  queueDepthMax: fc.constantFrom(5, 1_000),
  workers: fc.integer({ min: 1, max: 3 }),
  concurrencyPerWorker: fc.integer({ min: 1, max: 3 }),
});

function agentOn(clock: ManualClock) {
  return defineAgent({
    name: 'job',
    attempts: 3,
    backoff: { type: 'fixed', delayMs: 15 },
    handle: ({ failures, takesMs }: Pick<Job, 'failures' | 'takesMs'>, { attempt }) => {
      if (attempt <= failures) throw new Error('again');
      return takesMs === 0 ? takesMs : sleep(clock, takesMs).then(() => takesMs);
    },
  });
}

/** A broker that counts what it accepts. */
function countingBroker(clock: ManualClock, limits: Partial<Limits>) {
  const broker = new InMemoryBroker({ clock, limits });
  const publish = broker.publish.bind(broker);
  const counted = { broker, accepted: 0 };
  broker.publish = async (queue, envelopes) => {
    const outcomes = await publish(queue, envelopes);
    if (queue === 'spec.tasks') counted.accepted += outcomes.filter((one) => one === 'accepted').length;
    return outcomes;
  };
  return counted;
}

describe('shutdown', () => {
  it('accounts for every task accepted, settles every handle, leaves no timer and no dead letter', async () => {
    const check = async (plan: Plan) => {
      const clock = new ManualClock();
      const { workers, concurrencyPerWorker, queueDepthMax, graceMs, drain } = plan;
      const counted = countingBroker(clock, { queueDepthMax });
      const { coalition, faults } = await bench(
        { job: agentOn(clock) },
        { clock, workers, concurrencyPerWorker, broker: counted.broker },
      );
      const leaving = new AbortController();
      const { signal } = leaving;
      const submits = plan.jobs.map(({ delayMs, waitMs, isSignalled, ...payload }) =>
        coalition.submit('job', payload, { delayMs, waitMs, ...(isSignalled && { signal }) }),
      );
      const many = Array.from({ length: plan.many }, () => ({ failures: 0, takesMs: 9 }));
      const submitted = coalition.submitAll('job', many, { signal });
      const source = Array.from({ length: plan.mapped }, () => ({ failures: 0, takesMs: 7 }));
      const mapping = takeSome(coalition.map('job', source, { concurrency: 4 }), plan.leavesAt);
      const settling = Promise.allSettled([...submits, submitted]);
      await clock.advance(plan.shutdownMs / 2);
      if (plan.isLeft) leaving.abort(new Error('left'));
      const early = await Promise.race([Promise.allSettled(submits), Promise.resolve([])]);
      for (const [at, one] of early.entries())
        if (one.status === 'fulfilled' && plan.cancels.includes(at)) one.value.cancel();
      await clock.advance(plan.shutdownMs / 2);
      const report = await drive(clock, coalition.shutdown({ graceMs, drain } as ShutdownOptions));
      await drive(clock, mapping);
      const settled = await drive(clock, settling);
      const tasks = settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
      for (const task of tasks) expect(task.state, task.id).to.be.oneOf(['completed', 'failed', 'cancelled']);
      const { completed, requeued, deadLettered, abandoned, cancelled } = report;
      expect(completed + requeued + deadLettered + abandoned + cancelled).to.equal(counted.accepted);
      const endings = await Promise.allSettled(tasks.map((task) => task.result()));
      const failedWith = (name: string) =>
        endings.filter((one) => one.status === 'rejected' && one.reason.name === name).length;
      const succeeded = endings.filter(({ status }) => status === 'fulfilled').length;
      expect(completed).to.be.within(succeeded, succeeded + plan.mapped + plan.many);
      expect(deadLettered).to.equal(failedWith('HandlerFailed'));
      expect(cancelled).to.be.at.least(failedWith('Cancelled'));
      expect(faults, 'told as faults').to.deep.equal([]);
      expect(getEventListeners(signal, 'abort')).to.have.length(0);
      await drive(clock, counted.broker.close({ drain: false, deadlineMs: 0 }));
      // What would still be asleep in a handler is the spec's own.
      await clock.advance(1_000);
      expect(clock.pending).to.equal(0);
    };
    await fc.assert(fc.asyncProperty(run, check), { numRuns: 120 });
  });

  it('of a coalition that has nothing to do takes no time', async () => {
    const idle = fc.record({
      done: fc.nat(5),
      restedMs: fc.constantFrom(0, 3, 700),
      isShared: fc.boolean(),
      isBrokerOurs: fc.boolean(),
      drain: fc.constantFrom('queue' as const, 'inFlight' as const),
    });
    const check = async ({ done, restedMs, isShared, isBrokerOurs, drain }: Idle) => {
      const clock = new ManualClock();
      const own = new InMemoryBroker({ clock });
      const given = isShared ? new FaultyBroker(own, { shared: true }) : own;
      const {
        coalition,
        faults,
        run: settled,
      } = await bench({ square }, { clock, broker: isBrokerOurs && !isShared ? 'memory' : given });
      const squares = Array.from({ length: done }, (_, n) => ({ n }));
      const tasks = await settled(coalition.submitAll('square', squares));
      await settled(Promise.all(tasks.map((task) => task.result())));
      await clock.advance(restedMs);
      const atMs = clock.nowMs();
      let report: unknown;
      void coalition.shutdown({ drain }).then((each) => {
        report = each;
      });
      for (let turn = 0; report === undefined && turn < TURNS_MAX; turn += 1) await clock.settle();
      expect(report).to.deep.include({ completed: done, abandoned: 0 });
      expect([clock.nowMs(), clock.pending, faults]).to.deep.equal([atMs, 0, []]);
      await own.close({ drain: false, deadlineMs: 0 });
    };
    await fc.assert(fc.asyncProperty(idle, check), { numRuns: 40 });
  });
});

type Plan = typeof run extends fc.Arbitrary<infer T> ? T : never;

/** Leaves the loop after so many. */
async function takeSome(map: AsyncIterable<unknown>, leavesAt: number): Promise<void> {
  let taken = 0;
  try {
    for await (const _ of map) {
      taken += 1;
      if (taken > leavesAt) return;
    }
  } catch (error) {
    expect(error).to.include({ name: 'ShuttingDown' });
  }
}
