import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import * as z from 'zod';
import { InMemoryBroker } from '../../../../lib/brokers/memory.js';
import { createCoalition } from '../../../../lib/coalition/create-coalition.js';
import { defineAgent } from '../../../../lib/coalition/define.js';
import type { Task } from '../../../../lib/coalition/tasks/task.js';
import { sleep, systemClock } from '../../../../lib/core/clock.js';
import { ConclaveError } from '../../../../lib/core/errors.js';
import { defaultLimits } from '../../../../lib/core/limits.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { collect, rejection } from '../fakes.js';
import { bench, square } from '../inline.js';

/** Runs until its signal aborts; what it saw of that. */
function waiting(name = 'waits') {
  const begun: unknown[] = [];
  const aborted: unknown[] = [];
  const handle = (payload: unknown, { signal }: { readonly signal: AbortSignal }) => {
    begun.push(payload);
    return new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => {
        aborted.push(payload);
        reject(signal.reason);
      });
    });
  };
  return { begun, aborted, agent: defineAgent({ name, handle }) };
}

function recording() {
  const handled: unknown[] = [];
  return { handled, agent: defineAgent({ name: 'record', handle: (payload) => handled.push(payload) }) };
}

describe('a coalition, inline: how a task is submitted', () => {
  it('gives out larger priorities first', async () => {
    const { handled, agent } = recording();
    const { agent: blocker } = waiting();
    const { coalition, run, end } = await bench(
      { agent, blocker },
      { workers: 1, limits: { creditPerWorker: 1 } },
    );
    const blocking = await run(coalition.submit('waits', 0));
    const priorities = [4, 0, 9, 5];
    const submits = priorities.map((priority) => coalition.submit('record', priority, { priority }));
    const tasks = await run(Promise.all(submits));
    blocking.cancel();
    await run(Promise.all(tasks.map((task) => task.result())));
    expect(handled).to.have.members(priorities);
    expect(handled.indexOf(9)).to.be.below(handled.indexOf(0));
    await end();
  });

  it('runs one task of an ordering key at a time, in order, while others flow', async () => {
    const running = new Map<string, number>();
    const begun: string[] = [];
    const clock = new ManualClock();
    const agent = defineAgent({
      name: 'keyed',
      handle: async ({ key, n }: { key: string; n: number }) => {
        running.set(key, (running.get(key) ?? 0) + 1);
        expect(running.get(key)).to.equal(1);
        begun.push(`${key}${n}`);
        await sleep(clock, key === 'a' ? 30 : 5);
        running.set(key, 0);
      },
    });
    const { coalition, run, end } = await bench({ agent }, { clock, workers: 3 });
    const payloads = [1, 2, 3].flatMap((n) => [
      { key: 'a', n },
      { key: 'b', n },
    ]);
    const submits = payloads.map((one) => coalition.submit('keyed', one, { orderingKey: one.key }));
    const tasks = await run(Promise.all(submits));
    await run(Promise.all(tasks.map((task) => task.result())));
    expect(begun.filter((one) => one.startsWith('a'))).to.deep.equal(['a1', 'a2', 'a3']);
    expect(begun.filter((one) => one.startsWith('b'))).to.deep.equal(['b1', 'b2', 'b3']);
    expect(begun.indexOf('b3')).to.be.below(begun.indexOf('a3'));
    await end();
  });

  it('waits delayMs before the first try', async () => {
    const { handled, agent } = recording();
    const { coalition, run, end, clock } = await bench({ agent });
    const task = await run(coalition.submit('record', 1, { delayMs: 500 }));
    await clock.advance(480);
    expect([handled.length, task.state]).to.deep.equal([0, 'waiting']);
    await run(task.result());
    expect(clock.nowMs()).to.be.within(500, 560);
    await end();
  });

  it('tries as often, and after such waits, as the task says, whatever its agent says', async () => {
    const tries: number[] = [];
    const clock = new ManualClock();
    const agent = defineAgent({
      name: 'fails',
      attempts: 5,
      backoff: { type: 'fixed', delayMs: 5_000 },
      handle: () => {
        tries.push(clock.nowMs());
        throw new Error('again');
      },
    });
    const { coalition, run, end } = await bench({ agent }, { clock });
    const backoff = { type: 'fixed', delayMs: 40 } as const;
    const task = await run(coalition.submit('fails', null, { attempts: 2, backoff }));
    expect(await run(rejection(task.result()))).to.include({ code: 'HandlerFailed' });
    expect(tries).to.have.length(2);
    expect((tries[1] ?? 0) - (tries[0] ?? 0)).to.be.within(40, 60);
    expect([task.attempt, task.state]).to.deep.equal([2, 'failed']);
    await end();
  });

  it('ends a try after timeoutMs', async () => {
    const { begun, aborted, agent } = waiting();
    const { coalition, run, end, clock } = await bench({ agent });
    const task = await run(coalition.submit('waits', 'x', { timeoutMs: 70, attempts: 1 }));
    const error = await run(rejection(task.result()));
    expect(error).to.include({ code: 'Timeout' });
    expect(error.message).to.contain('70 ms');
    expect([begun, aborted]).to.deep.equal([['x'], ['x']]);
    expect(clock.nowMs()).to.be.within(70, 150);
    await end();
  });

  it('checks a payload with its agent’s schema, and sends it as given', async () => {
    const seen: unknown[] = [];
    const input = z.object({ n: z.coerce.number(), text: z.string().default('none') });
    const agent = defineAgent({ name: 'checked', input, handle: (payload) => seen.push(payload) });
    const { coalition, run, end } = await bench({ agent });
    for (const call of [
      () => coalition.submit('checked', { n: 'x' }),
      () => coalition.submit('checked', { n: 1, text: 5 }),
    ]) {
      const error = await run(rejection(call()));
      expect(error).to.include({ code: 'InvalidPayload' });
      expect(error.message).to.match(/^Agent "checked" .* payload\.(n|text): /);
    }
    await run((await run(coalition.submit('checked', { n: '7' }))).result());
    expect(seen).to.deep.equal([{ n: 7, text: 'none' }]);
    expect(await end()).to.include({ completed: 1 });
  });

  it('refuses with an asynchronous schema, also when the coalition has closed meanwhile', async () => {
    const clock = new ManualClock();
    const input = z.string().refine(async (text) => {
      await sleep(clock, 20);
      return text !== 'bad';
    });
    const agent = defineAgent({ name: 'checked', input, handle: (text) => text });
    const { coalition, run } = await bench({ agent }, { clock });
    expect(await run(rejection(coalition.submit('checked', 'bad')))).to.include({ code: 'InvalidPayload' });
    expect(await run((await run(coalition.submit('checked', 'good'))).result())).to.equal('good');
    const late = rejection(coalition.submit('checked', 'good'));
    const report = await run(coalition.shutdown());
    await clock.advance(100);
    expect(clock.pending).to.equal(0);
    expect(await late).to.include({ code: 'ShuttingDown' });
    expect(report).to.include({ completed: 1 });
  });

  it('takes a payload of 1 MiB as it is encoded, and refuses one byte more, or a cycle', async () => {
    const length = defineAgent({ name: 'length', handle: (text: string) => text.length });
    const { coalition, run, end } = await bench({ length });
    const largest = 'x'.repeat(defaultLimits.payloadBytesMax - 2);
    expect(await run((await run(coalition.submit('length', largest))).result())).to.equal(2 ** 20 - 2);
    const two = `${largest.slice(1)}ä`;
    for (const call of [
      () => coalition.submit('length', `${largest}x`),
      () => coalition.submit('length', two),
      () => coalition.submitAll('length', ['', two]),
    ]) {
      const error = await run(rejection(call()));
      expect(error).to.include({ code: 'MessageTooLarge' });
      expect(error.message)
        .to.contain(`${2 ** 20 + 1} bytes`)
        .and.contain('payloadBytesMax');
    }
    const cyclic: { self?: unknown } = {};
    cyclic.self = { deeper: [cyclic] };
    const error = await run(rejection(coalition.submit('length', cyclic)));
    expect(error).to.include({ code: 'NotSerializable' });
    expect(error.message).to.contain('payload.self.deeper[0]').and.contain('cycle');
    expect(await end()).to.include({ completed: 1 });
  });

  it('refuses two agents of one name', async () => {
    const agents = { square, other: defineAgent({ name: 'square', handle: () => 1 }) };
    const error = await rejection(createCoalition({ agents, workers: 1, isolation: 'inline' }));
    expect(error).to.include({ code: 'DuplicateAgent' });
    expect(error.message).to.contain('"square"');
  });
});

describe('a coalition, inline: a submit that waits for room', () => {
  async function full() {
    const made = waiting();
    const bed = await bench({ agent: made.agent, square }, { workers: 1, limits: { queueDepthMax: 1 } });
    const blocking = await bed.run(bed.coalition.submit('waits', 0));
    return { ...bed, blocking };
  }

  it('gets in once there is room', async () => {
    const { coalition, run, end, clock, blocking } = await full();
    const submit = coalition.submit('square', { n: 3 }, { waitMs: 1_000 });
    await clock.advance(300);
    blocking.cancel();
    expect(await run((await run(submit)).result())).to.equal(9);
    expect(clock.nowMs()).to.be.below(700);
    expect(await end()).to.include({ completed: 1, cancelled: 1 });
  });

  it('is refused as QueueFull after waitMs, and not before', async () => {
    const { coalition, run, end, clock } = await full();
    const startedMs = clock.nowMs();
    const error = await run(rejection(coalition.submit('square', { n: 3 }, { waitMs: 205, id: 'mine' })));
    expect(error).to.include({ code: 'QueueFull' });
    expect(clock.nowMs() - startedMs).to.be.within(205, 215);
    expect(coalition.task('mine')).to.equal(undefined);
    await end({ graceMs: 0 });
  });

  it('waits no longer than its signal or a shutdown lets it', async () => {
    const { coalition, run, end, clock } = await full();
    const leaving = new AbortController();
    const { signal } = leaving;
    const left = rejection(coalition.submit('square', { n: 3 }, { waitMs: 60_000, signal }));
    const caught = rejection(coalition.submit('square', { n: 4 }, { waitMs: 60_000 }));
    await clock.advance(100);
    leaving.abort(new Error('enough'));
    expect(await run(left)).to.include({ message: 'enough' });
    expect(getEventListeners(signal, 'abort')).to.have.length(0);
    const report = await end({ graceMs: 0 });
    expect(await caught).to.include({ code: 'ShuttingDown' });
    expect(report).to.include({ abandoned: 1, completed: 0 });
  });

  it('loses none of many that wait, also when a later one got in before, and refusals are forgotten', async () => {
    const { agent } = waiting();
    const limits = { queueDepthMax: 1, refusalsMax: 10 };
    const { coalition, run, end, clock } = await bench({ agent, square }, { limits });
    const blocking = await run(coalition.submit('waits', 0));
    const submits = Array.from({ length: 50 }, (_, n) =>
      coalition.submit('square', { n }, { waitMs: 60_000 }),
    );
    await clock.settle();
    blocking.cancel();
    await clock.settle();
    const late = await run(coalition.submit('square', { n: 100 }));
    const tasks = await run(Promise.all([...submits, late]));
    const results = await run(Promise.all(tasks.map((task) => task.result())));
    expect(results).to.deep.equal([...Array.from({ length: 50 }, (_, n) => n * n), 10_000]);
    expect(await end()).to.include({ completed: 51, cancelled: 1 });
  });
});

describe('a coalition, inline: tasks that are cancelled', () => {
  it('never begin when they were waiting, are aborted when they run, and are counted', async () => {
    const { begun, aborted, agent } = waiting();
    const { coalition, run, end, clock } = await bench({ agent }, { workers: 1 });
    const told: unknown[] = [];
    coalition.on('task', (event) => told.push(event));
    const submits = [1, 2, 3].map((n) => coalition.submit('waits', n));
    const [first, second, third] = await run(Promise.all(submits));
    await clock.advance(10);
    expect([first?.state, third?.state]).to.deep.equal(['running', 'waiting']);
    expect(third?.cancel('not needed')).to.equal(true);
    expect(first?.cancel()).to.equal(true);
    expect(first?.cancel()).to.equal(false);
    await clock.advance(10);
    expect(first?.state).to.equal('cancelled');
    expect(aborted).to.deep.equal([1]);
    expect(begun).to.deep.equal([1, 2]);
    const error = await run(rejection(Promise.resolve(third?.result())));
    expect(error).to.include({ code: 'Cancelled', cause: 'not needed' });
    expect(told).to.deep.equal([
      { id: third?.id, agent: 'waits', state: 'cancelled', reason: 'not needed' },
      { id: first?.id, agent: 'waits', state: 'cancelled', reason: 'nobody waits for it any more' },
    ]);
    const report = await end({ graceMs: 0 });
    expect(second?.state).to.equal('failed');
    expect(report).to.deep.equal({ completed: 0, requeued: 0, deadLettered: 0, abandoned: 1, cancelled: 2 });
  });

  it('are those of a signal, all of them and no other', async () => {
    const { begun, aborted, agent } = waiting();
    const { coalition, run, end, clock } = await bench({ agent, square }, { workers: 1 });
    const leaving = new AbortController();
    const { signal } = leaving;
    const done = await run(coalition.submit('square', { n: 2 }, { signal }));
    await run(done.result());
    expect(getEventListeners(signal, 'abort'), 'listeners after the end').to.have.length(0);
    const submits = [1, 2].map((n) => coalition.submit('waits', n, { signal }));
    const tasks = await run(Promise.all(submits));
    const other = await run(coalition.submit('square', { n: 5 }));
    await clock.advance(5);
    const reason = new Error('user left');
    leaving.abort(reason);
    for (const task of tasks) {
      expect(task.state).to.equal('cancelled');
      expect(await run(rejection(task.result()))).to.include({ code: 'Cancelled', cause: reason });
    }
    expect(await run(other.result())).to.equal(25);
    expect([begun, aborted]).to.deep.equal([[1], [1]]);
    expect(await run(rejection(coalition.submit('square', { n: 1 }, { signal })))).to.equal(reason);
    expect(await end()).to.include({ completed: 2, cancelled: 2 });
  });

  it('reject their submit when the signal aborts before they are accepted', async () => {
    const { coalition, run, end } = await bench({ agent: waiting().agent });
    const leaving = new AbortController();
    const late = rejection(coalition.submit('waits', 1, { signal: leaving.signal }));
    leaving.abort(new Error('left'));
    expect(await run(late)).to.include({ message: 'left' });
    expect(getEventListeners(leaving.signal, 'abort')).to.have.length(0);
    expect(await end()).to.include({ completed: 0, cancelled: 1 });
  });

  it('may wait in the broker until they are due, and are dropped then', async () => {
    const { handled, agent } = recording();
    const clock = new ManualClock();
    const broker = new InMemoryBroker({ clock });
    const { coalition, run } = await bench({ agent }, { clock, broker });
    const task = await run(coalition.submit('record', 1, { delayMs: 500 }));
    task.cancel();
    expect((await run(broker.depth('spec.tasks'))).delayed).to.equal(1);
    await clock.advance(600);
    expect(await run(broker.depth('spec.tasks'))).to.include({ delayed: 0, ready: 0, inFlight: 0 });
    expect(handled).to.deep.equal([]);
    await run(coalition.shutdown());
    await run(broker.close({ drain: false, deadlineMs: 0 }));
    expect(clock.pending).to.equal(0);
  });
});

describe('a coalition, inline: tasks by their id', () => {
  it('are found while pending, and after their end for as long as results are kept', async () => {
    const { agent } = waiting();
    const limits = { resultTtlMs: 1_000, dedupeWindowMs: 600_000 };
    const { coalition, run, end, clock } = await bench({ agent, square }, { limits, workers: 1 });
    const own = await run(coalition.submit('square', { n: 2 }, { id: 'mine' }));
    const produced = await run(coalition.submit('square', { n: 3 }));
    const pending = await run(coalition.submit('waits', 1, { id: 'pending' }));
    const running = await run(coalition.submit('waits', 2));
    await run(Promise.all([own.result(), produced.result()]));
    for (const task of [own, produced, pending, running]) expect(coalition.task(task.id)).to.equal(task);
    expect(await run(Promise.resolve(coalition.task('mine')?.result()))).to.equal(4);
    for (const id of ['', 'nobody', `${running.id}0`, 'spec:1'])
      expect(coalition.task(id)).to.equal(undefined);
    await clock.advance(1_001);
    expect(coalition.task('mine')).to.equal(undefined);
    expect(coalition.task(produced.id)).to.equal(undefined);
    expect(coalition.task(running.id)).to.equal(running);
    expect(await own.result(), 'whoever holds it keeps it').to.equal(4);
    const error = await run(rejection(coalition.submit('square', { n: 2 }, { id: 'mine' })));
    expect(error).to.include({ code: 'DuplicateTask' });
    await end({ graceMs: 0 });
    expect(coalition.task('pending')?.state).to.equal('failed');
  });

  it('keep their own terms, whoever else submits them meanwhile', async () => {
    const { agent } = waiting();
    const { coalition, run, end } = await bench(
      { agent, square },
      { workers: 1, limits: { queueDepthMax: 1 } },
    );
    const blocking = await run(coalition.submit('waits', 0));
    const [first, third] = [new AbortController(), new AbortController()];
    const submit = (signal?: AbortSignal) =>
      coalition.submit('square', { n: 3 }, { id: 'mine', waitMs: 10_000, ...(signal && { signal }) });
    const submits = [submit(first.signal), submit(), submit(third.signal)];
    const settled = Promise.allSettled(submits);
    third.abort(new Error('third'));
    expect(await run(rejection(submits[2] ?? settled))).to.include({ message: 'third' });
    first.abort(new Error('first'));
    expect(await run(rejection(submits[0] ?? settled))).to.include({ message: 'first' });
    blocking.cancel();
    const [, second] = await run(settled);
    expect(second?.status === 'fulfilled' && (await run(second.value.result()))).to.equal(9);
    for (const { signal } of [first, third]) expect(getEventListeners(signal, 'abort')).to.have.length(0);
    await end();
  });

  it('are cancelled by the signal of whoever submitted them again', async () => {
    const { agent } = waiting();
    const { coalition, run, end } = await bench({ agent });
    const task = await run(coalition.submit('waits', 1, { id: 'mine' }));
    const again = new AbortController();
    expect(await run(coalition.submit('waits', 1, { id: 'mine', signal: again.signal }))).to.equal(task);
    again.abort(new Error('again'));
    expect(task.state).to.equal('cancelled');
    await end();
  });

  it('are not those of a map', async () => {
    const { coalition, run, end } = await bench({ square });
    const ids: string[] = [];
    coalition.on('task', ({ id }) => ids.push(id));
    for (const task of [coalition.map('square', [{ n: 1 }])]) await run(task.next());
    expect(ids).to.have.length(1);
    expect(coalition.task(ids[0] ?? '')).to.equal(undefined);
    await end();
  });
});

describe('a coalition, inline: submitAll', () => {
  it('answers with handles in input order, waiting while the queue is full', async () => {
    const { coalition, run, end } = await bench({ square }, { limits: { queueDepthMax: 4 } });
    const inputs = Array.from({ length: 600 }, (_, n) => ({ n }));
    const tasks = await run(coalition.submitAll('square', inputs, { attempts: 2 }));
    expect(await run(Promise.all(tasks.map((task) => task.result())))).to.deep.equal(
      inputs.map(({ n }) => n * n),
    );
    expect(coalition.task(tasks[7]?.id ?? '')).to.equal(tasks[7]);
    expect(await end()).to.include({ completed: 600 });
  });

  it('submits nothing when one input is refused, and names its index', async () => {
    const input = z.object({ n: z.number() });
    const agent = defineAgent({ name: 'checked', input, handle: ({ n }) => n });
    const { coalition, run, end } = await bench({ agent, square });
    const refusals: readonly [Iterable<unknown>, string, RegExp][] = [
      [[{ n: 1 }, { n: 'x' }], 'InvalidPayload', /^inputs\[1\]: Agent "checked"/],
      [[{ n: 1 }, { n: 1 }, { n: 1n }], 'NotSerializable', /^inputs\[2\]: .*payload\.n/],
    ];
    for (const [inputs, code, message] of refusals) {
      const error = await run(rejection(coalition.submitAll('checked', inputs)));
      expect(error).to.be.instanceOf(ConclaveError).and.include({ code });
      expect(error.message).to.match(message);
    }
    for (const [call, code] of [
      [() => coalition.submitAll('cube', []), 'UnknownAgent'],
      [() => coalition.submitAll('square', 5 as unknown as Iterable<unknown>), 'InvalidOption'],
      [() => coalition.submitAll('square', [], { attempts: 0 }), 'InvalidOption'],
    ] as const)
      expect(await run(rejection(call()))).to.include({ code });
    expect(await run(coalition.submitAll('square', []))).to.deep.equal([]);
    expect(await end()).to.deep.equal({
      completed: 0,
      requeued: 0,
      deadLettered: 0,
      abandoned: 0,
      cancelled: 0,
    });
  });

  it('leaves nothing behind when its signal aborts, before, while it waits, or later', async () => {
    const { begun, agent } = waiting();
    const limits = { queueDepthMax: 2 };
    const { coalition, run, end, clock } = await bench({ agent, square }, { workers: 1, limits });
    const reason = new Error('enough');
    const before = coalition.submitAll('waits', [1], { signal: AbortSignal.abort(reason) });
    expect(await run(rejection(before))).to.equal(reason);
    const leaving = new AbortController();
    const caught = rejection(coalition.submitAll('waits', [1, 2, 3], { signal: leaving.signal }));
    await clock.advance(50);
    leaving.abort(reason);
    expect(await run(caught)).to.equal(reason);
    const later = new AbortController();
    const tasks = await run(coalition.submitAll('waits', [4, 5], { signal: later.signal }));
    await clock.advance(50);
    later.abort(reason);
    expect(tasks.map(({ state }) => state)).to.deep.equal(['cancelled', 'cancelled']);
    for (const { signal } of [leaving, later]) expect(getEventListeners(signal, 'abort')).to.have.length(0);
    expect(begun).to.deep.equal([1, 4]);
    await clock.advance(10);
    const task = await run(coalition.submit('square', { n: 3 }));
    expect(await run(task.result())).to.equal(9);
    expect(await end()).to.include({ completed: 1, cancelled: 4 });
  });

  it('is refused by a shutdown, what it had submitted cancelled', async () => {
    const { agent } = waiting();
    const { coalition, end, clock } = await bench({ agent }, { workers: 1, limits: { queueDepthMax: 2 } });
    const caught = rejection(coalition.submitAll('waits', [1, 2, 3]));
    await clock.advance(50);
    const report = await end({ graceMs: 100 });
    expect(await caught).to.include({ code: 'ShuttingDown' });
    expect(report).to.include({ abandoned: 0, cancelled: 2 });
    expect(await rejection(coalition.submitAll('waits', [1]))).to.include({ code: 'ShuttingDown' });
  });
});

describe('a coalition, inline: map, left early or with failures', () => {
  it('aborts what runs, drops what waits, and counts both as cancelled', async () => {
    const { begun, aborted, agent: waits } = waiting();
    const agent = defineAgent({
      name: 'first',
      handle: (n: number, context) => (n === 0 ? n : waits.handle(n, context)),
    });
    const { coalition, run, end, clock } = await bench({ agent }, { workers: 2 });
    const told: unknown[] = [];
    coalition.on('task', ({ state }) => told.push(state));
    const map = coalition.map('first', [0, 1, 2, 3, 4, 5], { concurrency: 5, attempts: 2 });
    expect(await run(map.next())).to.deep.equal({ done: false, value: 0 });
    await clock.advance(10);
    await run(map.return());
    await clock.advance(10);
    expect(aborted).to.have.members(begun).and.have.length(2);
    expect(told.filter((state) => state === 'cancelled')).to.have.length(4);
    expect(await end()).to.include({ completed: 1, cancelled: 4, deadLettered: 0 });
  });

  it('yields every outcome, refused payloads included, and ends by itself', async () => {
    const input = z.number().refine((n) => n !== 2, 'not two');
    const agent = defineAgent({
      name: 'picky',
      input,
      attempts: 1,
      handle: (n) => {
        if (n === 1) throw new Error('not one');
        return n;
      },
    });
    const { coalition, run, end } = await bench({ agent });
    const read = async () => {
      const seen: unknown[] = [];
      for await (const one of coalition.map('picky', [0, 1, 2, 3], { onError: 'yield' }))
        seen.push(one.status === 'rejected' ? [one.index, one.error.name] : [one.index, one.value]);
      return seen;
    };
    const outcomes = [
      [0, 0],
      [1, 'HandlerFailed'],
      [2, 'InvalidPayload'],
      [3, 3],
    ];
    expect(await run(read())).to.deep.equal(outcomes);
    expect(await run(rejection(collect(coalition.map('picky', [2]))))).to.include({ code: 'InvalidPayload' });
    expect(await end()).to.include({ completed: 2, deadLettered: 1 });
  });

  for (const options of [{ ordered: 1 }, { onError: 'ignore' }, { signal: {} }, { orderingKey: 'a' }]) {
    it(`refuses ${JSON.stringify(options)} at once`, async () => {
      const { coalition, end } = await bench({ square });
      expect(() => coalition.map('square', [], options as object))
        .to.throw(ConclaveError)
        .with.property('code', 'InvalidOption');
      await end();
    });
  }
});

describe('a coalition: what its tasks leave behind', () => {
  it('is nothing: no handle, no timer, no listener on a signal that lives on', async () => {
    await sleep(systemClock, 1);
    const before = process.getActiveResourcesInfo().sort();
    const living = new AbortController();
    const { signal } = living;
    const coalition = await createCoalition({
      agents: { square },
      workers: 2,
      limits: { queueDepthMax: 10 },
    });
    const tasks: Task[] = [];
    for (let n = 0; n < 50; n += 1) {
      tasks.push(await coalition.submit('square', { n }, { signal, waitMs: 5_000 }));
      const wrong = coalition.submit('square', { n }, { signal, attempts: 0 });
      expect(await rejection(wrong)).to.include({ code: 'InvalidOption' });
    }
    tasks.push(...(await coalition.submitAll('square', [{ n: 1 }, { n: 2 }], { signal })));
    for await (const value of coalition.map('square', [{ n: 1 }, { n: 2 }, { n: 3 }], { signal }))
      if (value === 4) break;
    const late = await coalition.submit('square', { n: 1 }, { delayMs: 60_000, signal });
    await Promise.all(tasks.map((task) => task.result({ signal, timeoutMs: 60_000 })));
    expect(late.cancel()).to.equal(true);
    expect(getEventListeners(signal, 'abort')).to.have.length(0);
    await coalition.shutdown({ graceMs: 0 });
    await sleep(systemClock, 1);
    expect(process.getActiveResourcesInfo().sort()).to.deep.equal(before);
  });
});
