import { expect } from 'chai';
import fc from 'fast-check';
import { defineAgent } from '../../../lib/coalition/define.js';
import type { ShutdownOptions } from '../../../lib/coalition/drain.js';
import type { Task } from '../../../lib/coalition/task.js';
import { sleep } from '../../../lib/core/clock.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { bench, drive } from './inline.js';

interface Job {
  /** It throws this often before it answers. */
  readonly failures: number;
  /** 0: it answers without a promise. */
  readonly takesMs: number;
}

const job: fc.Arbitrary<Job> = fc.record({
  failures: fc.constantFrom(0, 0, 0, 1, 2, 9),
  takesMs: fc.constantFrom(0, 0, 3, 20, 200),
});

const run = fc.record({
  jobs: fc.array(job, { maxLength: 40 }),
  mapped: fc.nat(20),
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
    handle: ({ failures, takesMs }: Job, { attempt }) => {
      if (attempt <= failures) throw new Error('again');
      return takesMs === 0 ? takesMs : sleep(clock, takesMs).then(() => takesMs);
    },
  });
}

describe('shutdown', () => {
  it('accounts for every task accepted, settles every handle and leaves no timer', async () => {
    const check = async (plan: Plan) => {
      const clock = new ManualClock();
      const { workers, concurrencyPerWorker, queueDepthMax, graceMs, drain } = plan;
      const options = { clock, workers, concurrencyPerWorker, limits: { queueDepthMax } };
      const made = await bench({ job: agentOn(clock) }, { ...options });
      const { coalition } = made;
      const submits = plan.jobs.map((payload) => coalition.submit('job', payload));
      const source = Array.from({ length: plan.mapped }, () => ({ failures: 0, takesMs: 7 }));
      const map = coalition.map('job', source, { concurrency: 4 });
      const mapping = drain === 'queue' && plan.mapped > 0 ? takeAll(map) : Promise.resolve();
      await clock.advance(plan.shutdownMs);
      const report = await drive(clock, coalition.shutdown({ graceMs, drain } as ShutdownOptions));
      await drive(clock, mapping);
      const settled = await Promise.allSettled(submits);
      const tasks = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      for (const task of tasks) expect(task.state, task.id).to.be.oneOf(['completed', 'failed']);
      const { completed, requeued, deadLettered, abandoned, cancelled } = report;
      const succeeded = tasks.filter(({ state }) => state === 'completed').length;
      const ended = completed + requeued + deadLettered + abandoned + cancelled;
      if (plan.mapped === 0 || drain === 'inFlight') {
        expect(ended).to.equal(tasks.length);
        expect(completed).to.equal(succeeded);
        expect(deadLettered).to.equal(await countOf(tasks, 'HandlerFailed'));
        expect(abandoned).to.equal(await countOf(tasks, 'ShuttingDown'));
      } else expect(ended).to.be.within(tasks.length, tasks.length + plan.mapped);
      // What would still be asleep in a handler is the spec's own.
      await clock.advance(1_000);
      expect(clock.pending).to.equal(0);
    };
    await fc.assert(fc.asyncProperty(run, check), { numRuns: 120 });
  });
});

type Plan = typeof run extends fc.Arbitrary<infer T> ? T : never;

async function takeAll(map: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _ of map);
  } catch (error) {
    expect(error).to.include({ name: 'ShuttingDown' });
  }
}

async function countOf(tasks: readonly Task[], name: string): Promise<number> {
  const endings = await Promise.allSettled(tasks.map((task) => task.result()));
  return endings.filter((one) => one.status === 'rejected' && one.reason.name === name).length;
}
