import { expect } from 'chai';
import fc from 'fast-check';
import { InMemoryBroker } from '../../../../lib/brokers/memory.js';
import { isChunk, tasksIn } from '../../../../lib/coalition/chunks/chunk.js';
import type { Coalition } from '../../../../lib/coalition/coalition.js';
import { defineAgent } from '../../../../lib/coalition/define.js';
import type { TaskEvent } from '../../../../lib/coalition/events.js';
import { countingIds } from '../../../../lib/core/ids.js';
import type { Limits } from '../../../../lib/core/limits.js';
import type { Envelope } from '../../../../lib/core/message.js';
import type { AgentContext } from '../../../../lib/host/contract.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { collect } from '../../../scenarios/coalitions.js';
import { type Bench, bench } from '../inline.js';

type Ask = { readonly n: number };

/** A broker that tells how many tasks came in chunks. */
class CountingBroker extends InMemoryBroker {
  inChunks = 0;

  override publish(queue: string, envelopes: readonly Envelope[]) {
    for (const envelope of envelopes) if (isChunk(envelope)) this.inChunks += tasksIn(envelope);
    return super.publish(queue, envelopes);
  }
}

interface ChunkBench extends Bench {
  readonly broker: CountingBroker;
}

/** A coalition whose agent is known to be quick, so that its tasks go in chunks. */
async function quickBench(
  handle: (ask: Ask, context: AgentContext) => unknown,
  limits: Partial<Limits> = {},
): Promise<ChunkBench> {
  const clock = new ManualClock();
  const broker = new CountingBroker({ clock });
  const agent = defineAgent({ name: 'quick', attempts: 3, backoff: { type: 'fixed', delayMs: 0 }, handle });
  const made = await bench({ quick: agent }, { clock, broker, limits });
  await made.run(collect(made.coalition.map('quick', [{ n: -1 }])));
  return { ...made, broker };
}

const asks = (count: number): Ask[] => Array.from({ length: count }, (_, n) => ({ n }));

/** What happens to tasks, as listeners hear it. */
function eventsOf(coalition: Coalition): TaskEvent[] {
  const events: TaskEvent[] = [];
  coalition.on('task', (event) => events.push(event));
  return events;
}

describe('tasks in chunks', () => {
  it('are answered as they would be one by one, in order', async () => {
    const { coalition, broker, run, end } = await quickBench(({ n }) => n * n);
    const events = eventsOf(coalition);
    const squares = await run(collect(coalition.map('quick', asks(3_000))));
    expect(squares).to.deep.equal(asks(3_000).map(({ n }) => n * n));
    expect(broker.inChunks).to.be.above(2_500);
    expect(new Set(events.map(({ id }) => id)).size).to.equal(3_000);
    expect(events.every(({ state }) => state === 'completed')).to.equal(true);
    expect(await end()).to.deep.include({ completed: 3_001, abandoned: 0, deadLettered: 0, cancelled: 0 });
    await broker.close({ drain: false, deadlineMs: 0 });
  });

  it('fail by themselves: each is tried again under its id, and is a dead letter in the end', async () => {
    const ids = new Map<number, Set<string>>();
    const { coalition, run, end, faults } = await quickBench(({ n }, { id, attempt }) => {
      ids.set(n, (ids.get(n) ?? new Set()).add(id));
      if (n % 100 === 7 && attempt === 1) throw new Error('not yet');
      if (n % 500 === 3) throw new Error('never');
      return attempt;
    });
    const events = eventsOf(coalition);
    const outcomes = await run(
      collect(coalition.map('quick', asks(1_000), { onError: 'yield', concurrency: 1_000 })),
    );
    const failed = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.index] : []));
    expect(failed).to.deep.equal([3, 503]);
    expect(outcomes.filter((one) => one.status === 'fulfilled' && one.value === 2).length).to.equal(10);
    expect([...ids].filter(([, names]) => names.size !== 1)).to.deep.equal([]);
    const dead = events.filter(({ state }) => state === 'failed').map(({ id }) => id);
    expect(dead).to.have.members([3, 503].map((n) => [...(ids.get(n) ?? [])][0]));
    expect(events.filter(({ state }) => state === 'retrying').length).to.equal(10 + 2 * 2);
    expect(faults).to.deep.equal([]);
    expect(await end()).to.deep.include({ completed: 999, deadLettered: 2, abandoned: 0 });
  });

  it('claim once, under their own ids, and remember what they recorded once', async () => {
    const effects: number[] = [];
    const { coalition, run, end } = await quickBench(async ({ n }, context) => {
      if (n % 100 !== 5) return n;
      await context.once('effect', () => effects.push(n));
      if (context.attempt === 1) throw new Error('after the effect');
      context.claim({ text: `${n} it is`, sources: [] });
      return n;
    });
    await run(collect(coalition.map('quick', asks(1_000))));
    const claims = await run(coalition.claims.read({ limit: 100 }));
    expect(claims.map(({ text }) => text).sort()).to.deep.equal(
      [5, 105, 205, 305, 405, 505, 605, 705, 805, 905].map((n) => `${n} it is`).sort(),
    );
    expect(effects.length).to.equal(10);
    await end();
  });

  it('have handles: each with its id, its result a copy of its own, to be found as long as it is kept', async () => {
    const { coalition, broker, run, end } = await quickBench(({ n }) => ({ n }));
    const tasks = await run(coalition.submitAll('quick', asks(1_000)));
    expect(broker.inChunks).to.equal(1_000);
    const pending = coalition.task(tasks[700]?.id ?? '');
    const results = await run(Promise.all(tasks.map((task) => task.result())));
    expect(results).to.deep.equal(asks(1_000));
    expect(pending).to.equal(tasks[700]);
    expect(tasks.map(({ id }) => coalition.task(id))).to.deep.equal(tasks);
    const again = await tasks[3]?.result();
    expect(again).to.deep.equal(results[3]);
    expect(again).not.to.equal(results[3]);
    expect(tasks[3]).to.include({ state: 'completed', attempt: 1 });
    await end();
  });

  it('are cancelled by themselves, and do not begin', async () => {
    const begun = new Set<number>();
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    // Chunks of 50, two of them with each of two workers: most wait.
    const limits = { creditPerWorker: 100 };
    const { coalition, run, end } = await quickBench(async ({ n }) => {
      begun.add(n);
      if (n >= 0) await gate;
      return n;
    }, limits);
    const tasks = await run(coalition.submitAll('quick', asks(500)));
    expect(begun.size).to.be.below(10);
    const cancelled = tasks.filter((task, n) => n % 50 === 49 && task.cancel('not needed'));
    open();
    const states = await run(Promise.allSettled(tasks.map((task) => task.result())));
    const rejected = states.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []));
    expect(rejected.length).to.equal(cancelled.length).and.above(0);
    expect(rejected.filter((n) => begun.has(n))).to.deep.equal([]);
    expect(await end()).to.deep.include({ cancelled: cancelled.length, completed: 501 - cancelled.length });
  });

  it('add up when the loop is left and the coalition ends in the middle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(400), fc.constantFrom('queue', 'inFlight'), async (taken, drain) => {
        const { coalition, broker, run, end } = await quickBench(({ n }) => n);
        const left = async () => {
          let seen = 0;
          for await (const _ of coalition.map('quick', asks(2_000))) if (++seen > taken) break;
        };
        await run(left());
        const others = await run(coalition.submitAll('quick', asks(1_000)));
        const isCancelled = others[5]?.cancel() === true;
        const report = await end({ graceMs: 0, drain });
        expect(report.completed + report.abandoned + report.cancelled).to.be.at.least(1_000 + taken + 1);
        const ends = await Promise.allSettled(others.map((task) => task.result()));
        const answered = ends.filter(({ status }) => status === 'fulfilled').length;
        expect(report.abandoned).to.equal(1_000 - answered - (isCancelled ? 1 : 0));
        await broker.close({ drain: false, deadlineMs: 0 });
      }),
      { numRuns: 10 },
    );
  });

  it('are tried again while the coalition drains', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { coalition, run, end } = await quickBench(async ({ n }, { attempt }) => {
      if (n >= 0) await gate;
      if (n % 20 === 7 && attempt < 3) throw new Error('not yet');
      return n;
    });
    await run(coalition.submitAll('quick', asks(500)));
    const ended = end();
    open();
    expect(await ended).to.deep.include({ completed: 501, abandoned: 0, deadLettered: 0 });
  });

  it('that another session has left behind all run, and are tried again', async () => {
    const clock = new ManualClock();
    const broker = new InMemoryBroker({ clock });
    const answered = new Set<number>();
    const agent = (isOpen: boolean) =>
      defineAgent({
        name: 'quick',
        backoff: { type: 'fixed', delayMs: 0 },
        handle: async ({ n }: Ask, { attempt }) => {
          if (n >= 0 && !isOpen) await new Promise(() => {});
          if (n % 10 === 3 && attempt === 1) throw new Error('not yet');
          answered.add(n);
          return n;
        },
      });
    const first = await bench({ quick: agent(false) }, { clock, broker });
    await first.run(collect(first.coalition.map('quick', [{ n: -1 }])));
    await first.run(first.coalition.submitAll('quick', asks(500)));
    await first.run(first.coalition.shutdown({ graceMs: 0 }));
    const ids = countingIds();
    const other = { next: (kind: string) => `other-${ids.next(kind)}` };
    const second = await bench({ quick: agent(true) }, { clock, broker, ids: other });
    const own = await second.run(second.coalition.submitAll('quick', asks(300)));
    const results = await second.run(Promise.all(own.map((task) => task.result())));
    expect(results).to.deep.equal(asks(300).map(({ n }) => n));
    for (let step = 0; answered.size < 501 && step < 1_000; step += 1) await clock.advance(5);
    expect(answered.size).to.equal(501);
    await second.run(second.coalition.shutdown());
    expect(await broker.depth('spec.tasks')).to.deep.include({ ready: 0, inFlight: 0 });
    await second.run(broker.close({ drain: false, deadlineMs: 0 }));
  });

  it('are silent and claim nothing once they are cancelled', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { coalition, run, end } = await quickBench(async ({ n }, context) => {
      if (n < 0) return n;
      context.claim({ text: `${n}`, sources: [] });
      await gate;
      return n;
    });
    const events = eventsOf(coalition);
    const tasks = await run(coalition.submitAll('quick', asks(100)));
    const cancelled = tasks.filter((task, n) => n < 2 && task.cancel());
    open();
    await run(Promise.allSettled(tasks.map((task) => task.result())));
    await end();
    for (const { id } of cancelled)
      expect(events.filter((event) => event.id === id).map(({ state }) => state)).to.deep.equal([
        'cancelled',
      ]);
    expect(cancelled.length).to.equal(2);
  });

  it('end as a model says, whatever fails how often', async () => {
    const plan = fc.record({
      failures: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 50, maxLength: 400 }),
      concurrency: fc.integer({ min: 20, max: 600 }),
      ordered: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ failures, concurrency, ordered }) => {
        const { coalition, run, end } = await quickBench(({ n }, { attempt }) => {
          if (attempt <= (failures[n] ?? 0)) throw new Error(`attempt ${attempt}`);
          return attempt;
        });
        const options = { onError: 'yield', concurrency, ordered } as const;
        const outcomes = await run(collect(coalition.map('quick', asks(failures.length), options)));
        const sorted = outcomes.toSorted((left, right) => left.index - right.index);
        if (ordered) expect(outcomes).to.deep.equal(sorted);
        const values = sorted.map((one) => (one.status === 'fulfilled' ? one.value : 'dead'));
        expect(values).to.deep.equal(failures.map((count) => (count < 3 ? count + 1 : 'dead')));
        await end();
      }),
      { numRuns: 20 },
    );
  });
});
