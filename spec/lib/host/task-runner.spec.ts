import { expect } from 'chai';
import fc from 'fast-check';
import { defineAgent } from '../../../lib/coalition/define.js';
import { sleep } from '../../../lib/core/clock.js';
import { decodeColumns, encodeColumns } from '../../../lib/core/columns.js';
import type { ChunkFrame, TaskBatch } from '../../../lib/core/frame.js';
import { decode, encode } from '../../../lib/core/value.js';
import type { AgentContext } from '../../../lib/host/contract.js';
import type { Ended, Settled } from '../../../lib/host/held-tasks.js';
import { StateCopy } from '../../../lib/host/state-copy.js';
import { TaskRunner } from '../../../lib/host/task-runner.js';
import type { RunnableAgent } from '../../../lib/host/task-try.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

function batchOf(batch: number, agents: readonly string[], payloads: readonly unknown[]): TaskBatch {
  return {
    type: 'batch',
    batch,
    ids: payloads.map((_, at) => `t${batch}.${at}`),
    agents: payloads.map((_, at) => agents[at % agents.length] ?? ''),
    attempts: payloads.map(() => 1),
    payloads: payloads.map((payload) => encode(payload)),
    extras: [],
  };
}

/** The same as a chunk, which has one agent; of several, still as a batch. */
function chunkOf(
  batch: number,
  agents: readonly string[],
  payloads: readonly unknown[],
): TaskBatch | ChunkFrame {
  const [agent = ''] = agents;
  if (agents.length > 1) return batchOf(batch, agents, payloads);
  const range = { producer: 'p', firstSeq: 100 * batch, count: payloads.length, skip: [] };
  return { type: 'chunk', batch, agent, ...range, payloads: encodeColumns(payloads), extras: [] };
}

/** Where those stand that answered. */
function placesOf(settled: Settled): readonly number[] {
  if (settled.type === 'settled') return settled.at;
  return settled.spans.flatMap(([from, count]) => Array.from({ length: count }, (_, index) => from + index));
}

function valuesOf(settled: Settled): unknown[] {
  return settled.type === 'settled' ? settled.values.map(decode) : decodeColumns(settled.values);
}

function bench(agents: readonly RunnableAgent[], concurrency = 1, clock = new ManualClock()) {
  const frames: Settled[] = [];
  const ended: (readonly [string, Ended])[] = [];
  const progress: unknown[] = [];
  const began: unknown[] = [];
  const records: unknown[] = [];
  const runner = new TaskRunner({
    agents: new Map(agents.map((agent) => [agent.name, agent])),
    concurrency,
    payloadBytesMax: 2 ** 20,
    onceKeysMax: 9,
    epoch: 3,
    state: new StateCopy(),
    clock,
    listener: {
      settled(settled, counts) {
        frames.push(...settled);
        ended.push(...counts);
      },
      began: (batch, at) => {
        began.push([batch, at]);
        return undefined;
      },
      progress: (...said) => progress.push(said),
      record: (...said) => records.push(said),
    },
  });
  const values = () =>
    frames.flatMap((settled) => {
      const answers = valuesOf(settled);
      return placesOf(settled).map((place, index) => [settled.batch, place, answers[index]] as const);
    });
  const failures = () => frames.flatMap(({ failures }) => failures);
  return { clock, runner, frames, ended, progress, began, records, values, failures };
}

interface Recall {
  readonly afterMs: number;
  readonly batch: number;
  readonly at: readonly number[];
}

for (const [form, sentAs] of Object.entries({ batches: batchOf, chunks: chunkOf }))
  describe(`task runner, with ${form}`, () => {
    it('runs in order, answers in columns, and reports once where nothing waits', () => {
      const order: number[] = [];
      const note = defineAgent({
        name: 'note',
        handle: (n: number) => {
          order.push(n);
          return n * 2;
        },
      });
      const { runner, frames, ended, values } = bench([note]);
      runner.accept(sentAs(1, ['note'], [1, 2, 3]));
      expect(order).to.deep.equal([1, 2, 3]);
      expect(frames).to.have.length(1);
      expect(values()).to.deep.equal([
        [1, 0, 2],
        [1, 1, 4],
        [1, 2, 6],
      ]);
      expect(ended).to.deep.equal([['note', { count: 3, failed: 0 }]]);
    });

    it('runs at most so many at once, and starts them in order', async () => {
      const run = async (concurrency: number, times: readonly number[]) => {
        const clock = new ManualClock();
        let [running, most] = [0, 0];
        const started: number[] = [];
        const slow = defineAgent({
          name: 'slow',
          handle: async ({ at, ms }: { at: number; ms: number }) => {
            started.push(at);
            running += 1;
            most = Math.max(most, running);
            await sleep(clock, ms);
            running -= 1;
            return at;
          },
        });
        const { runner, values } = bench([slow], concurrency, clock);
        runner.accept(
          sentAs(
            1,
            ['slow'],
            times.map((ms, at) => ({ at, ms })),
          ),
        );
        for (let round = 0; round < 100; round += 1) await clock.advance(50);
        expect(started).to.deep.equal(times.map((_, at) => at));
        expect(most).to.equal(Math.min(concurrency, times.length));
        const got = values().map(([, place, value]) => [place, value]);
        expect(got.toSorted()).to.deep.equal(times.map((_, at) => [at, at]).toSorted());
      };
      const times = fc.array(fc.nat(90), { maxLength: 25 });
      await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 6 }), times, run), { numRuns: 50 });
    });

    it('reports within 10 ms what has ended, however slow the rest is', async () => {
      const clock = new ManualClock();
      const wait = defineAgent({ name: 'wait', handle: (ms: number) => sleep(clock, ms).then(() => ms) });
      const { runner, values } = bench([wait], 4, clock);
      await clock.advance(100);
      runner.accept(sentAs(1, ['wait'], [1, 3, 10_000]));
      await clock.advance(14);
      expect(values().map(([, , value]) => value)).to.deep.equal([1, 3]);
      await clock.advance(10_000);
      expect(values()).to.have.length(3);
    });

    it('yields its turn after 10 ms of work, with what has ended', async () => {
      let workMs = 0;
      const clock = new ManualClock();
      const busyClock: ManualClock = Object.create(clock, {
        nowMs: { value: () => workMs },
        defer: { value: (callback: () => void) => clock.defer(callback) },
      });
      const busy = defineAgent({
        name: 'busy',
        handle: () => {
          workMs += 4;
        },
      });
      const { runner, frames } = bench([busy], 1, busyClock);
      runner.accept(sentAs(1, ['busy'], Array(8).fill(0)));
      expect(frames.map(placesOf)).to.deep.equal([[0, 1, 2]]);
      await clock.settle();
      expect(frames.map(placesOf)).to.deep.equal([
        [0, 1, 2],
        [3, 4, 5],
        [6, 7],
      ]);
    });

    it('fails what throws, rejects, answers nothing plain, or is nobody', async () => {
      const agents = [
        defineAgent({
          name: 'throws',
          handle: () => {
            throw Object.assign(new TypeError('sync'), { code: 'E_SPEC' });
          },
        }),
        defineAgent({ name: 'rejects', handle: () => Promise.reject(new Error('async')) }),
        defineAgent({ name: 'odd', handle: () => ({ a: [new Map()] }) }),
        defineAgent({ name: 'oddLater', handle: async () => 1n }),
        defineAgent({ name: 'bare', handle: () => Promise.reject(Object.create(null)) }),
      ];
      const { clock, runner, failures, ended, values } = bench(agents);
      const names = ['throws', 'rejects', 'odd', 'oddLater', 'bare', 'nobody'];
      runner.accept(sentAs(1, names, Array(6).fill(null)));
      await clock.advance(20);
      const found = new Map(failures().map(({ at, error }) => [names[at], error]));
      expect(found.get('throws')).to.include({ name: 'TypeError', message: 'sync', code: 'E_SPEC' });
      expect(found.get('rejects')).to.include({ message: 'async' });
      expect(found.get('odd')?.message).to.contain('result.a[0]');
      expect(found.get('oddLater')).to.include({ code: 'NotSerializable' });
      expect(found.get('bare')).to.include({ message: '[object Object]' });
      expect(found.get('nobody')).to.include({ code: 'UnknownAgent' });
      expect(values()).to.deep.equal([]);
      expect(ended.map(([name, { count, failed }]) => [name, count, failed])).to.have.deep.members(
        names.map((name) => [name, 1, 1]),
      );
    });

    it('tames a thenable that throws, or settles twice', async () => {
      const thenable = (then: (resolve: (value: unknown) => void) => void) => ({ then });
      const agent = defineAgent({
        name: 'odd',
        handle: (isThrowing: boolean) =>
          thenable((resolve) => {
            if (isThrowing) throw new Error('then threw');
            resolve(1);
            resolve(2);
          }) as unknown,
      });
      const { clock, runner, values, failures } = bench([agent]);
      runner.accept(sentAs(1, ['odd'], [true, false, false]));
      await clock.advance(30);
      expect(failures().map(({ at, error }) => [at, error.message])).to.deep.equal([[0, 'then threw']]);
      expect(values()).to.deep.equal([
        [1, 1, 1],
        [1, 2, 1],
      ]);
    });

    it('hands claims on with what answered, and drops those of a failed attempt', () => {
      const claims = defineAgent({
        name: 'claims',
        handle: (isFailing: boolean, context) => {
          context.claim({ text: 'so it is' });
          context.progress(0.25);
          if (isFailing) throw new Error('no');
        },
      });
      const { runner, frames, progress } = bench([claims]);
      runner.accept(sentAs(1, ['claims'], [true, false]));
      expect(frames.flatMap(({ claims }) => claims)).to.deep.equal([
        { at: 1, claims: [{ text: 'so it is' }] },
      ]);
      expect(progress).to.deep.equal([
        [1, 0, 0.25],
        [1, 1, 0.25],
      ]);
    });

    it('cancels what runs by its signal, and what waits at its turn', async () => {
      let calls = 0;
      const hangs = defineAgent({
        name: 'hangs',
        handle: (_: unknown, { signal }) => {
          calls += 1;
          return new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason)),
          );
        },
      });
      const { clock, runner, failures } = bench([hangs]);
      runner.accept(sentAs(1, ['hangs'], [1, 2]));
      runner.cancel(1, [0, 1], 'not wanted');
      runner.cancel(9, [0], 'nobody');
      await clock.advance(20);
      expect(calls).to.equal(1);
      expect(failures().map(({ at, error }) => [at, error.code, error.message])).to.deep.equal([
        [0, 'Cancelled', 'not wanted'],
        [1, 'Cancelled', 'not wanted'],
      ]);
    });

    it('starts and reports nothing more once aborted', async () => {
      const clock = new ManualClock();
      const reasons: string[] = [];
      let started = 0;
      const slow = defineAgent({
        name: 'slow',
        handle: async (ms: number, { signal }) => {
          started += 1;
          signal.addEventListener('abort', () => reasons.push(String(signal.reason.message)));
          await sleep(clock, ms);
        },
      });
      const { runner, frames } = bench([slow], 1, clock);
      runner.accept(sentAs(1, ['slow'], [50, 50]));
      runner.abort('The worker stops.');
      await clock.advance(500);
      expect(started).to.equal(1);
      expect(reasons).to.deep.equal(['The worker stops.']);
      expect(frames).to.deep.equal([]);
    });

    it('gives back what has not begun, and runs the rest in order', async () => {
      const clock = new ManualClock();
      const started: number[] = [];
      const slow = defineAgent({
        name: 'slow',
        handle: async (n: number) => {
          started.push(n);
          await sleep(clock, 10);
          return n;
        },
      });
      const { runner, values, ended } = bench([slow], 1, clock);
      runner.accept(sentAs(1, ['slow'], [0, 1, 2, 3]));
      runner.accept(sentAs(2, ['slow'], [4, 5]));
      expect(runner.recall(1, [0, 1, 3, 9])).to.deep.equal({ at: [1, 3], agents: ['slow', 'slow'] });
      expect(runner.recall(2, [1])).to.deep.equal({ at: [1], agents: ['slow'] });
      expect(runner.recall(3, [0])).to.deep.equal({ at: [], agents: [] });
      await clock.advance(100);
      expect(started).to.deep.equal([0, 2, 4]);
      expect(values().map(([, , value]) => value)).to.deep.equal([0, 2, 4]);
      expect(ended.reduce((sum, [, { count }]) => sum + count, 0)).to.equal(3);
      expect(runner.recall(1, [1, 2])).to.deep.equal({ at: [], agents: [] });
    });

    it('gives back or settles each task once, whenever it is recalled', async () => {
      const recall = fc.record({ afterMs: fc.nat(60), batch: fc.nat(3), at: fc.array(fc.nat(4)) });
      const run = async (concurrency: number, sizes: readonly number[], recalls: readonly Recall[]) => {
        const clock = new ManualClock();
        const slow = defineAgent({ name: 'slow', handle: (n: number) => sleep(clock, 7).then(() => n) });
        const { runner, values } = bench([slow], concurrency, clock);
        for (const [batch, size] of sizes.entries())
          runner.accept(sentAs(batch, ['slow'], Array(size).fill(batch)));
        const accounted: string[] = [];
        for (const { afterMs, batch, at } of recalls.toSorted((a, b) => a.afterMs - b.afterMs)) {
          await clock.advance(Math.max(0, afterMs - clock.nowMs()));
          accounted.push(...runner.recall(batch, at).at.map((place) => `${batch}.${place}`));
        }
        await clock.advance(1_000);
        accounted.push(...values().map(([batch, place]) => `${batch}.${place}`));
        const all = sizes.flatMap((size, batch) => Array.from({ length: size }, (_, at) => `${batch}.${at}`));
        expect(accounted.toSorted()).to.deep.equal(all.toSorted());
      };
      const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 });
      const recalls = fc.array(recall, { maxLength: 8 });
      await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 3 }), sizes, recalls, run), { numRuns: 60 });
    });

    it('tells when the time of a task begins, and only of those that have a limit', () => {
      const quick = defineAgent({ name: 'quick', handle: (n: number) => n });
      const limited = { ...quick, name: 'limited', timeoutMs: 50 };
      const { runner, began, clock } = bench([quick, limited]);
      const batch = sentAs(1, ['quick', 'limited'], [1, 2, 3, 4]);
      runner.accept({ ...batch, extras: [{ at: 2, timeoutMs: 10, recorded: [] }] });
      expect(began).to.deep.equal([
        [1, 1],
        [1, 2],
        [1, 3],
      ]);
      expect(clock.pending).to.equal(0);
    });

    it('fails what takes too long once it answers, while others go on', async () => {
      const clock = new ManualClock();
      const wait = defineAgent({ name: 'wait', timeoutMs: 20, handle: (ms: number) => sleep(clock, ms) });
      const { runner, values, failures } = bench([wait], 2, clock);
      runner.accept(sentAs(1, ['wait'], [100, 5, 5, 5]));
      await clock.advance(60);
      expect(values().map(([, place]) => place)).to.deep.equal([1, 2, 3]);
      expect(failures()).to.deep.equal([]);
      await clock.advance(100);
      expect(failures().map(({ at, error }) => [at, error.code])).to.deep.equal([[0, 'Timeout']]);
      expect(clock.pending).to.equal(0);
    });

    it('keeps the place of a handler that does not answer its abort, and lets go of its timer at the end', async () => {
      const clock = new ManualClock();
      const never = defineAgent({ name: 'never', timeoutMs: 20, handle: () => new Promise(() => {}) });
      const { runner, frames, began } = bench([never], 1, clock);
      runner.accept(sentAs(1, ['never'], [0, 0]));
      await clock.advance(1_000);
      expect(began).to.deep.equal([[1, 0]]);
      expect(frames).to.deep.equal([]);
      runner.abort('The worker stops.');
      expect(clock.pending).to.equal(0);
      const given = bench([never], 2);
      given.runner.accept(sentAs(1, ['never'], [0, 0]));
      expect(given.clock.pending).to.equal(2);
      given.runner.abort('The worker stops.');
      expect(given.clock.pending).to.equal(0);
    });

    it('keeps a short line behind a long task, however often tasks are sent and recalled', async () => {
      const never = defineAgent({ name: 'never', handle: () => new Promise(() => {}) });
      const { runner } = bench([never]);
      runner.accept(sentAs(0, ['never'], [0, 0]));
      for (let batch = 1; batch <= 100; batch += 1) {
        runner.accept(sentAs(batch, ['never'], Array(50).fill(0)));
        runner.recall(
          batch,
          Array.from({ length: 50 }, (_, at) => at),
        );
      }
      expect(runner.waiting).to.equal(1);
    });

    it('brings what was recorded to the next try, and what is recorded to the coordinator', async () => {
      const buys = defineAgent({
        name: 'buys',
        handle: async (_: unknown, { once }) => [await once('old', () => 'new'), await once('more', () => 5)],
      });
      const { runner, records, values, clock } = bench([buys]);
      const recorded = [['old', encode('old')]] as const;
      runner.accept({ ...sentAs(1, ['buys'], [null]), extras: [{ at: 0, timeoutMs: null, recorded }] });
      await clock.settle();
      expect(records).to.deep.equal([[1, 0, 'more', '5']]);
      expect(values()).to.deep.equal([]);
      runner.recorded(1, 1, 'more');
      runner.recorded(2, 0, 'more');
      await clock.settle();
      expect(values()).to.deep.equal([]);
      runner.recorded(1, 0, 'more');
      await clock.settle();
      expect(values()).to.deep.equal([[1, 0, ['old', 5]]]);
    });

    it('reports at once when nothing runs any more, also while a report is due', async () => {
      const clock = new ManualClock();
      const later = defineAgent({ name: 'later', handle: (n: number) => Promise.resolve(n) });
      const { runner, values } = bench([later], 1, clock);
      runner.accept(sentAs(1, ['later'], [1, 2, 3, 4]));
      await clock.settle();
      expect(clock.nowMs()).to.equal(0);
      expect(values().map(([, , value]) => value)).to.deep.equal([1, 2, 3, 4]);
      await clock.advance(20);
      expect(values()).to.have.length(4);
    });
  });

describe('task runner, of a chunk', () => {
  const chunk = (payloads: readonly unknown[], more: Partial<ChunkFrame> = {}): ChunkFrame => ({
    type: 'chunk',
    batch: 1,
    agent: 'a',
    producer: 'p',
    firstSeq: 40,
    count: payloads.length,
    skip: [],
    payloads: encodeColumns(payloads),
    extras: [],
    ...more,
  });

  it('runs and settles nothing that is to be skipped', () => {
    const ran: number[] = [];
    const note = defineAgent({ name: 'a', handle: (n: number) => ran.push(n) });
    const { runner, values, frames } = bench([note]);
    runner.accept(chunk([0, 1, 2, 3], { skip: [0, 2] }));
    expect(ran).to.deep.equal([1, 3]);
    expect(values().map(([, place]) => place)).to.deep.equal([1, 3]);
    expect([frames.length, runner.waiting]).to.deep.equal([1, 0]);
  });

  it('gives each task a context that stays its own, also after an await and at once beside others', async () => {
    const clock = new ManualClock();
    const kept: AgentContext[] = [];
    const speaks = defineAgent({
      name: 'a',
      handle: async (n: number, context) => {
        kept.push(context);
        await sleep(clock, 9 - n);
        context.claim({ text: `${n} is ${context.id}` });
        context.progress(n / 10);
        return [context.id, context.attempt, context.epoch];
      },
    });
    const { runner, values, frames, progress } = bench([speaks], 3, clock);
    runner.accept(chunk([0, 1, 2, 3]));
    await clock.advance(100);
    const places = [0, 1, 2, 3];
    const found = values().toSorted(([, one], [, other]) => one - other);
    expect(found).to.deep.equal(places.map((at) => [1, at, [`p:${40 + at}`, 1, 3]]));
    const claims = frames.flatMap((frame) => frame.claims).toSorted((one, other) => one.at - other.at);
    expect(claims).to.deep.equal(places.map((at) => ({ at, claims: [{ text: `${at} is p:${40 + at}` }] })));
    expect(progress.toSorted()).to.deep.equal(places.map((at) => [1, at, at / 10]));
    expect(kept.map(({ id }) => id)).to.deep.equal(places.map((at) => `p:${40 + at}`));
    expect(new Set(kept).size).to.equal(4);
  });

  it('keeps what a handler answers as it is at that moment, and fails alone what cannot cross', () => {
    const reused: { n: unknown } = { n: 0 };
    const square = defineAgent({
      name: 'a',
      handle: (n: number) => {
        reused.n = n === 2 ? new Map() : n * n;
        return reused;
      },
    });
    const { runner, values, failures, ended } = bench([square]);
    runner.accept(chunk([1, 2, 3]));
    expect(values()).to.deep.equal([
      [1, 0, { n: 1 }],
      [1, 2, { n: 9 }],
    ]);
    expect(failures().map(({ at, error }) => [at, error.code])).to.deep.equal([[1, 'NotSerializable']]);
    expect(failures()[0]?.error.message).to.contain('result.n is an instance of Map');
    expect(ended).to.deep.equal([['a', { count: 3, failed: 1 }]]);
  });

  it('settles or gives back each task once, whatever is skipped, cancelled or recalled meanwhile', async () => {
    const positions = fc.array(fc.nat(9), { maxLength: 6 });
    const order = fc.record({ afterMs: fc.nat(60), isRecall: fc.boolean(), batch: fc.nat(2), at: positions });
    const sent = fc.array(fc.record({ count: fc.integer({ min: 1, max: 8 }), skip: positions }), {
      maxLength: 3,
    });
    const run = async (
      concurrency: number,
      all: readonly { readonly count: number; readonly skip: readonly number[] }[],
      orders: readonly { afterMs: number; isRecall: boolean; batch: number; at: readonly number[] }[],
    ) => {
      const clock = new ManualClock();
      const mixed = defineAgent({
        name: 'a',
        handle: (n: number) => {
          if (n % 3 === 0) return n;
          if (n % 3 === 1) throw new Error('no');
          return sleep(clock, 3 * n).then(() => n);
        },
      });
      const { runner, values, failures, frames } = bench([mixed], concurrency, clock);
      const expected: string[] = [];
      for (const [batch, { count, skip }] of all.entries()) {
        const skipped = new Set(skip.filter((at) => at < count));
        const places = Array.from({ length: count }, (_, at) => at);
        expected.push(...places.filter((at) => !skipped.has(at)).map((at) => `${batch}.${at}`));
        runner.accept(chunk(places, { batch, skip: [...skipped].toSorted((one, other) => one - other) }));
      }
      const accounted: string[] = [];
      for (const { afterMs, isRecall, batch, at } of orders.toSorted((a, b) => a.afterMs - b.afterMs)) {
        await clock.advance(Math.max(0, afterMs - clock.nowMs()));
        if (!isRecall) runner.cancel(batch, at, 'not wanted');
        else accounted.push(...runner.recall(batch, at).at.map((place) => `${batch}.${place}`));
      }
      await clock.advance(1_000);
      accounted.push(...values().map(([batch, place]) => `${batch}.${place}`));
      accounted.push(...frames.flatMap(({ batch, failures }) => failures.map(({ at }) => `${batch}.${at}`)));
      expect(accounted.toSorted()).to.deep.equal(expected.toSorted());
      for (const { error } of failures()) expect(['no', 'not wanted']).to.include(error.message);
      for (const [, place, value] of values()) expect(value).to.equal(place);
      expect([clock.pending, runner.waiting]).to.deep.equal([0, 0]);
    };
    const orders = fc.array(order, { maxLength: 8 });
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 3 }), sent, orders, run), { numRuns: 100 });
  });
});
