import { expect } from 'chai';
import { InMemoryBroker } from '../../../lib/brokers/memory.js';
import type { Coalition } from '../../../lib/coalition/coalition.js';
import { createCoalition } from '../../../lib/coalition/create-coalition.js';
import { defineAgent } from '../../../lib/coalition/define.js';
import type { Task } from '../../../lib/coalition/tasks/task.js';
import { sleep, systemClock } from '../../../lib/core/clock.js';
import { ConclaveError } from '../../../lib/core/errors.js';
import type { Limits } from '../../../lib/core/limits.js';
import { MemoryClaimStore } from '../../../lib/storage/memory.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { collect, rejection } from './fakes.js';
import { type Bench, bench, square } from './inline.js';

const backoff = { type: 'fixed', delayMs: 50 } as const;

function failing(name: string, attempts: number) {
  const tried: number[] = [];
  const handle = (_: unknown, { attempt }: { readonly attempt: number }): never => {
    tried.push(attempt);
    const cause = new RangeError('the root');
    throw Object.assign(new TypeError('no such thing', { cause }), { code: 'E_SPEC' });
  };
  return { tried, agent: defineAgent({ name, attempts, backoff, handle }) };
}

describe('a coalition, inline: tasks', () => {
  it('submits a task and answers with a fresh copy each time', async () => {
    const echo = defineAgent({ name: 'echo', handle: (payload: unknown) => payload });
    const { coalition, run, end, faults } = await bench({ echo });
    const payload = { list: [1, { bytes: new Uint8Array([1, 2]) }] };
    const task = await run(coalition.submit('echo', payload));
    expect(task).to.include({ agent: 'echo', durable: false });
    const [one, two] = [await run(task.result()), await run(task.result())];
    expect(one).to.deep.equal(payload);
    expect(one).to.not.equal(two);
    expect(await end()).to.deep.equal(reportOf({ completed: 1 }));
    expect(faults).to.deep.equal([]);
  });

  it('is not silenced by errors that cannot be read', async () => {
    const unreadable = () =>
      Object.defineProperty(new Error('x'), 'message', {
        get: () => {
          throw new Error('no text either');
        },
      });
    const nasty = defineAgent({
      name: 'nasty',
      attempts: 1,
      handle: (how: unknown) => {
        if (how === 'later') return Promise.reject(unreadable());
        throw unreadable();
      },
    });
    const { coalition, run, end } = await bench({ nasty, square }, { workers: 1 });
    for (const how of ['at once', 'later']) {
      const task = await run(coalition.submit('nasty', how));
      expect(await run(rejection(task.result()))).to.include({ code: 'HandlerFailed' });
    }
    expect(await run((await run(coalition.submit('square', { n: 3 }))).result())).to.equal(9);
    await end();
  });

  it('refuses a result of one byte over the limit, and takes one at it', async () => {
    const text = defineAgent({ name: 'text', attempts: 1, handle: (bytes: number) => 'x'.repeat(bytes - 2) });
    const { coalition, run, end } = await bench({ text }, { limits: { payloadBytesMax: 1_000 } });
    expect(await run((await run(coalition.submit('text', 1_000))).result())).to.have.length(998);
    const task = await run(coalition.submit('text', 1_001));
    const error = await run(rejection(task.result()));
    expect(error.cause).to.include({ code: 'MessageTooLarge' });
    await end();
  });

  it('keeps the claims of two coalitions apart that share a store and an id of their callers', async () => {
    const store = new MemoryClaimStore();
    const says = defineAgent({ name: 'says', handle: (text: string, { claim }) => claim({ text }) });
    for (const name of ['one', 'two']) {
      const { coalition, run, end } = await bench({ says }, { name, store });
      await run((await run(coalition.submit('says', `by ${name}`, { id: 'job-1' }))).result());
      await end();
    }
    expect((await store.read()).map(({ text }) => text)).to.deep.equal(['by one', 'by two']);
  });

  it('refuses to map over what cannot be gone through', async () => {
    const { coalition, end } = await bench({ square });
    for (const inputs of [5, null, undefined, {}] as unknown as Iterable<unknown>[])
      expect(() => coalition.map('square', inputs))
        .to.throw(ConclaveError, 'map runs over')
        .with.property('code', 'InvalidOption');
    await end();
  });

  it('rejects a query that cannot run, and never throws it', async () => {
    const { coalition, end } = await bench({ square });
    expect(await rejection(coalition.runQuery('q', { loops: 0 }))).to.include({ code: 'InvalidOption' });
    await end();
    expect(await rejection(coalition.runQuery('q'))).to.include({ code: 'ShuttingDown' });
  });

  it('takes ten thousand and more submits of one tick', async () => {
    const { coalition, run, end, faults } = await bench({ square });
    const submits = Array.from({ length: 12_000 }, (_, n) => coalition.submit('square', { n }));
    const tasks = await run(Promise.all(submits));
    const report = await end();
    expect(await run(Promise.all(tasks.map((task) => task.result())))).to.have.length(12_000);
    expect(report).to.deep.equal(reportOf({ completed: 12_000 }));
    expect(faults).to.deep.equal([]);
  });

  it('takes them also one awaited after the other, without a turn of the event loop in between', async () => {
    const { coalition, run, end, faults } = await bench({ square });
    const tasks: Task[] = [];
    for (let n = 0; n < 12_000; n += 1) tasks.push(await coalition.submit('square', { n }));
    expect(await end()).to.deep.equal(reportOf({ completed: 12_000 }));
    expect(await run(Promise.all(tasks.map((task) => task.result())))).to.have.length(12_000);
    expect(faults).to.deep.equal([]);
  });

  it('is idempotent by id: one task, also while the first submit is under way', async () => {
    const handled: unknown[] = [];
    const agent = defineAgent({ name: 'count', handle: (payload) => handled.push(payload) });
    const { coalition, run, end } = await bench({ agent });
    const submits = [1, 2].map((n) => coalition.submit('count', n, { id: 'mine' }));
    const [first, second] = await run(Promise.all(submits));
    expect(first).to.equal(second);
    expect(first?.id).to.equal('mine');
    await run(Promise.resolve(first?.result()));
    expect(await run(coalition.submit('count', 3, { id: 'mine' }))).to.equal(first);
    expect(handled).to.deep.equal([1]);
    await end();
  });

  it('takes an id anew once the dedupe window is over', async () => {
    const { coalition, run, end, clock } = await bench({ square }, { limits: { dedupeWindowMs: 1_000 } });
    const first = await run(coalition.submit('square', { n: 2 }, { id: 'mine' }));
    expect(await run(first.result())).to.equal(4);
    await clock.advance(1_001);
    const second = await run(coalition.submit('square', { n: 3 }, { id: 'mine' }));
    expect(await run(second.result())).to.equal(9);
    await end();
  });

  it('refuses everybody who waits for a submit that is refused', async () => {
    const never = defineAgent({ name: 'never', handle: () => new Promise(() => {}) });
    const { coalition, end } = await bench({ never }, { workers: 1, limits: { queueDepthMax: 1 } });
    await coalition.submit('never', null);
    const submits = [1, 2].map((n) => rejection(coalition.submit('never', n, { id: 'mine' })));
    expect((await Promise.all(submits)).map(({ name }) => name)).to.deep.equal(['QueueFull', 'QueueFull']);
    await end({ graceMs: 0 });
  });

  it('tries again with backoff, then gives up with the whole cause', async () => {
    const { tried, agent } = failing('fails', 3);
    const { coalition, run, end } = await bench({ agent });
    const told: unknown[] = [];
    coalition.on('task', (event) => told.push(event.state === 'retrying' ? event.delayMs : event.state));
    coalition.on('deadLetter', ({ id }) => told.push(`dead ${id}`));
    const task = await run(coalition.submit('fails', null));
    const error = await run(rejection(task.result()));
    expect(tried).to.deep.equal([1, 2, 3]);
    expect(told).to.deep.equal([50, 50, 'failed', `dead ${task.id}`]);
    expect(error).to.include({ code: 'HandlerFailed' });
    expect(error.message).to.contain('"fails"').and.contain('3 attempts').and.contain('no such thing');
    const cause = error.cause as Error & { readonly code: string };
    expect(cause).to.include({ name: 'TypeError', message: 'no such thing', code: 'E_SPEC' });
    expect(cause.stack).to.contain('coalition.spec');
    expect(cause.cause).to.include({ name: 'RangeError', message: 'the root' });
    expect(await end()).to.deep.equal(reportOf({ deadLettered: 1 }));
  });

  it('counts a backoff of its own that throws as none, and tells of it', async () => {
    const { tried, agent } = failing('fails', 2);
    const broken = () => {
      throw new Error('bad backoff');
    };
    const { coalition, run, end, faults } = await bench({ agent: { ...agent, backoff: broken } });
    const task = await run(coalition.submit('fails', null));
    expect(await run(rejection(task.result()))).to.include({ code: 'HandlerFailed' });
    expect(tried).to.deep.equal([1, 2]);
    expect(faults.map(String)).to.include('Error: bad backoff');
    await end();
  });

  it('fails a result that is not plain, naming its path', async () => {
    const agent = defineAgent({ name: 'odd', attempts: 1, handle: () => ({ a: [1, () => 1] }) });
    const { coalition, run, end } = await bench({ agent });
    const task = await run(coalition.submit('odd', null));
    const { cause } = await run(rejection(task.result()));
    expect(cause).to.include({ name: 'NotSerializable', code: 'NotSerializable' });
    expect((cause as Error).message).to.contain('result.a[1]');
    await end();
  });

  it('tells listeners, and one that throws is a fault', async () => {
    const agent = defineAgent({
      name: 'steps',
      handle: (_: unknown, context) => {
        context.progress(0.5);
        return 1;
      },
    });
    const { coalition, run, end, faults } = await bench({ agent }, { workers: 1 });
    const told: unknown[] = [];
    coalition.on('progress', ({ fraction }) => told.push(fraction));
    coalition.on('worker', ({ worker, state }) => told.push(`${worker} ${state}`));
    coalition.on('leader', ({ state, epoch }) => told.push(`${state} ${epoch}`));
    const subscription = coalition.on('task', ({ state }) => {
      told.push(state);
      throw new Error('listener');
    });
    await run((await run(coalition.submit('steps', null))).result());
    subscription.unsubscribe();
    await run((await run(coalition.submit('steps', null))).result());
    expect(faults.map(String)).to.deep.equal(['Error: listener']);
    await end();
    expect(told).to.deep.equal([0.5, 'completed', 0.5, 'worker-1 left', 'deposed 1']);
  });
});

describe('a coalition, inline: what it refuses', () => {
  const never = defineAgent({ name: 'never', handle: () => new Promise(() => {}) });
  let made: Bench;
  let coalition: Coalition;

  beforeEach(async () => {
    made = await bench({ square, never }, { workers: 1, limits: { queueDepthMax: 4, payloadBytesMax: 64 } });
    coalition = made.coalition;
  });

  afterEach(() => made.end({ graceMs: 0 }));

  const refusals: readonly [string, string, () => Promise<unknown>, RegExp][] = [
    ['an unknown agent', 'UnknownAgent', () => coalition.submit('cube', null), /"cube".*square, never/],
    [
      'what is not plain',
      'NotSerializable',
      () => coalition.submit('square', { a: [new Date(0)] }),
      /payload\.a\[0\]/,
    ],
    [
      'what is too large',
      'MessageTooLarge',
      () => coalition.submit('square', 'x'.repeat(63)),
      /65 bytes.* 64 /,
    ],
    [
      'a priority of 10',
      'InvalidOption',
      () => coalition.submit('square', {}, { priority: 10 }),
      /^priority .* 0 to 9, not 10/,
    ],
    ['an empty id', 'InvalidOption', () => coalition.submit('square', {}, { id: '' }), /^id must/],
    ['no loops', 'InvalidOption', async () => coalition.runQuery('q', { loops: 0 }), /^loops/],
    [
      'a query that is not plain',
      'NotSerializable',
      async () => coalition.runQuery([1n as unknown as number]),
      /query\[0\]/,
    ],
    [
      'a map of none at once',
      'InvalidOption',
      async () => coalition.map('square', [], { concurrency: 0 }),
      /^concurrency/,
    ],
    ['a map of an unknown agent', 'UnknownAgent', async () => coalition.map('cube', []), /cube/],
    ['a negative grace', 'InvalidOption', () => coalition.shutdown({ graceMs: -1 }), /^graceMs/],
    ['an unknown drain', 'InvalidOption', () => coalition.shutdown({ drain: 'all' as 'queue' }), /^drain/],
  ];
  for (const [what, name, call, message] of refusals) {
    it(`refuses ${what}, and goes on`, async () => {
      const error = await rejection(call());
      expect(error).to.be.instanceOf(ConclaveError).and.include({ name, code: name });
      expect(error.message).to.match(message).and.not.contain('\n');
      expect(await made.run((await coalition.submit('square', { n: 3 })).result())).to.equal(9);
    });
  }

  it('refuses a submit to a full queue at once; map waits', async () => {
    const inputs = Array.from({ length: 9 }, () => null);
    const map = coalition.map('never', inputs);
    const first = rejection(map.next());
    await made.clock.advance(50);
    const error = await rejection(coalition.submit('never', null));
    expect(error).to.include({ name: 'QueueFull' });
    expect(error.message).to.contain('queueDepthMax').and.contain('map');
    await made.end({ graceMs: 0 });
    expect(await first).to.include({ name: 'ShuttingDown' });
  });

  it('refuses everything after shutdown, and gives the first report again', async () => {
    const ending = coalition.shutdown();
    for (const call of [
      () => coalition.submit('square', { n: 1 }),
      async () => coalition.map('square', []),
      async () => coalition.runQuery(null),
    ])
      expect(await rejection(call())).to.include({ name: 'ShuttingDown' });
    const report = await made.run(ending);
    expect(await coalition.shutdown({ graceMs: 5 })).to.equal(report);
  });
});

describe('a coalition, inline: map', () => {
  it('yields results in input order, whatever order they come in', async () => {
    const late = defineAgent({
      name: 'late',
      handle: async (n: number) => {
        for (let turn = 0; turn < (n * 7) % 11; turn += 1) await Promise.resolve();
        return n;
      },
    });
    const { coalition, run, end } = await bench({ late }, { concurrencyPerWorker: 4 });
    const inputs = Array.from({ length: 200 }, (_, n) => n);
    expect(await run(collect(coalition.map('late', inputs, { concurrency: 16 })))).to.deep.equal(inputs);
    expect(await end()).to.deep.equal(reportOf({ completed: 200 }));
  });

  it('waits while the queue is full', async () => {
    const limits: Partial<Limits> = { queueDepthMax: 4 };
    const { coalition, run, end } = await bench({ square }, { limits });
    const inputs = Array.from({ length: 100 }, (_, n) => ({ n }));
    const results = await run(collect(coalition.map('square', inputs)));
    expect(results).to.deep.equal(inputs.map(({ n }) => n * n));
    expect(await end()).to.deep.equal(reportOf({ completed: 100 }));
  });

  it('drops what has not begun when its loop is left', async () => {
    const { coalition, run, end } = await bench({ square }, { workers: 1 });
    const map = coalition.map(
      'square',
      Array.from({ length: 50 }, (_, n) => ({ n })),
      { concurrency: 20 },
    );
    expect(await run(map.next())).to.deep.equal({ done: false, value: 0 });
    await run(map.return());
    const report = await end();
    expect(report.completed + report.cancelled).to.be.within(20, 30);
  });

  it('mixes with submits of the same tick', async () => {
    const { coalition, run, end } = await bench({ square });
    const map = coalition.map('square', [{ n: 5 }, { n: 6 }]);
    const first = map.next();
    const task = coalition.submit('square', { n: 4 });
    expect(await run((await run(task)).result())).to.equal(16);
    expect(await run(first)).to.deep.equal({ done: false, value: 25 });
    expect(await run(collect(map))).to.deep.equal([36]);
    expect(await end()).to.deep.equal(reportOf({ completed: 3 }));
  });
});

describe('a coalition, inline: start and end', () => {
  it('leaves nothing behind', async () => {
    const before = await activeResources();
    await using coalition = await createCoalition({ agents: { square }, workers: 2 });
    const results = await collect(coalition.map('square', [{ n: 1 }, { n: 2 }]));
    expect(results).to.deep.equal([1, 4]);
    await coalition[Symbol.asyncDispose]();
    expect(await activeResources()).to.deep.equal(before);
    expect(await rejection(coalition.submit('square', { n: 1 }))).to.include({ name: 'ShuttingDown' });
  });

  it('leaves nothing behind when it cannot start', async () => {
    const before = await activeResources();
    const circle = [
      defineAgent({ name: 'a', after: ['b'], handle: () => 1 }),
      defineAgent({ name: 'b', after: ['a'], handle: () => 1 }),
    ];
    for (const [agents, name] of [
      [{ circle }, 'InvalidOption'],
      [{ x: { ...square, after: ['nobody'] } }, 'UnknownAgent'],
      [{ x: square, y: { ...square } }, 'DuplicateAgent'],
      [{ x: 1 }, 'AgentsNotLoaded'],
    ] as const)
      expect(await rejection(createCoalition({ agents, store: 'memory' }))).to.include({ name });
    expect(await activeResources()).to.deep.equal(before);
  });

  it('refuses durable where the broker keeps nothing', async () => {
    const error = await rejection(createCoalition({ agents: { square }, durable: true }));
    expect(error).to.include({ name: 'InvalidOption' });
    expect(error.message).to.match(/^durable: true/);
  });

  it('says what is wrong with a store that cannot be reached, and not that another leads', async () => {
    const broken = new ConclaveError('StoreUnavailable', 'the disk is gone');
    const { MemoryClaimStore } = await import('../../../lib/storage/memory.js');
    const store = new MemoryClaimStore();
    store.readLease = () => Promise.reject(broken);
    const clock = new ManualClock();
    const failed = rejection(bench({ square }, { store, clock, limits: { leaseMs: 300 } }));
    expect(await failed).to.equal(broken);
    expect(clock.pending, 'timers left').to.equal(0);
  });

  it('finishes what was submitted in the very tick of the shutdown', async () => {
    const { coalition, end } = await bench({ square });
    const submitted = coalition.submit('square', { n: 2 });
    const report = await end();
    expect(await (await submitted).result()).to.equal(4);
    expect(report).to.deep.equal(reportOf({ completed: 1 }));
  });

  it('lets go of a broker that is not its own, even while a map waits for room there', async () => {
    const slow = defineAgent({
      name: 'slow',
      handle: (_: unknown, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    const broker = new InMemoryBroker({ limits: { queueDepthMax: 2 } });
    const { coalition, clock, end } = await bench({ slow }, { broker, workers: 1 });
    const map = coalition.map(
      'slow',
      Array.from({ length: 10 }, () => null),
    );
    const first = rejection(map.next());
    await clock.advance(30);
    const report = await end({ graceMs: 100 });
    expect(await first).to.include({ name: 'ShuttingDown' });
    expect(report.abandoned + report.cancelled).to.equal(2);
  });

  it('shuts down though its broker was closed first', async () => {
    const broker = new InMemoryBroker();
    const { coalition, run, end } = await bench({ square }, { broker });
    await run((await run(coalition.submit('square', { n: 1 }))).result());
    await broker.close({ drain: false, deadlineMs: 0 });
    expect(await end()).to.deep.equal(reportOf({ completed: 1 }));
  });

  it('begins nothing more when only what is in flight is drained', async () => {
    let begun = 0;
    const { clock } = await benchOf();
    async function benchOf() {
      const agent = defineAgent({
        name: 'slow',
        handle: async () => {
          begun += 1;
          await sleep(made.clock, 40);
        },
      });
      const made = await bench({ agent }, { workers: 1, limits: { creditPerWorker: 2 } });
      const submits = Array.from({ length: 10 }, () => made.coalition.submit('slow', null));
      const tasks = await made.run(Promise.all(submits));
      const report = await made.end({ drain: 'inFlight', graceMs: 1_000 });
      expect(begun).to.equal(report.completed).and.be.below(4);
      expect(report.abandoned).to.equal(10 - begun);
      expect(tasks.filter(({ state }) => state === 'failed')).to.have.length(report.abandoned);
      return made;
    }
    expect(clock.pending).to.equal(0);
  });
});

function reportOf(counts: object): object {
  return { completed: 0, requeued: 0, deadLettered: 0, abandoned: 0, cancelled: 0, ...counts };
}

/** Timers and handles of this process, once mocha has set its own. */
async function activeResources(): Promise<string[]> {
  await sleep(systemClock, 1);
  return process.getActiveResourcesInfo();
}
