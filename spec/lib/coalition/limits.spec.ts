import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { setup } from 'xstate';
import type { ReceiveRequest } from '../../../lib/brokers/contract.js';
import { FileBroker } from '../../../lib/brokers/file.js';
import { InMemoryBroker } from '../../../lib/brokers/memory.js';
import { defineAgent } from '../../../lib/coalition/define.js';
import { OnceLedger } from '../../../lib/coalition/dispatch/once-ledger.js';
import { type PoolListener, WorkerPool } from '../../../lib/coalition/workers/worker-pool.js';
import { sleep } from '../../../lib/core/clock.js';
import { isConclaveError } from '../../../lib/core/errors.js';
import { defaultLimits, type Limits } from '../../../lib/core/limits.js';
import { messageId } from '../../../lib/core/message.js';
import { encode } from '../../../lib/core/value.js';
import { createSystem } from '../../../lib/system/system.js';
import { testEnvelope, testEnvelopes } from '../../../lib/testing/envelopes.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { ledgerRows } from '../brokers/file/ledger-rows.js';
import { delivery, FakeExecutor, type FakeLink, limitsOf, rejection } from './fakes.js';
import { bench, square } from './inline.js';

const QUEUE = 'q';

function brokerOf(limits: Partial<Limits>) {
  const clock = new ManualClock();
  const broker = new InMemoryBroker({ clock, limits });
  const own = (id: string, seq: number) => testEnvelope(seq, { id: messageId(id) });
  const publish = (...envelopes: Parameters<InMemoryBroker['publish']>[1]) =>
    broker.publish(QUEUE, envelopes);
  const receive = (request: Partial<ReceiveRequest> = {}) =>
    broker.receive(QUEUE, { consumer: 'c', max: 100, waitMs: 0, leaseMs: 1_000, ...request });
  return { clock, broker, own, publish, receive };
}

/** A coalition's broker that notes how it is asked. */
function askedOf(clock: ManualClock, limits: Partial<Limits> = {}) {
  const broker = new InMemoryBroker({ clock, limits });
  const asked: ReceiveRequest[] = [];
  const receive = broker.receive.bind(broker);
  broker.receive = (queue, request) => {
    if (queue === 'spec.tasks') asked.push(request);
    return receive(queue, request);
  };
  return { broker, asked };
}

function poolOf(executor: FakeExecutor, limits: Partial<Limits>) {
  const clock = new ManualClock();
  const system = createSystem({ clock, log: () => {} });
  let escalated = 0;
  system.on('escalated', () => {
    escalated += 1;
  });
  const ignore = () => {};
  const listener: PoolListener = {
    ready: ignore,
    gone: ignore,
    settled: ignore,
    returned: ignore,
    began: ignore,
    record: ignore,
    progress: ignore,
    hopeless: (error) => pool.fail(error),
  };
  const { payloadBytesMax, onceKeysMax } = defaultLimits;
  const worker = { coalition: 'spec', agents: undefined, credit: 9, concurrency: 1 };
  const spec = { ...worker, payloadBytesMax, onceKeysMax };
  const options = { system, executor, workers: 1, spec, epoch: () => 1, listener, clock };
  const pool: WorkerPool = new WorkerPool({ ...options, limits: limitsOf(limits) });
  const end = async () => {
    pool.kill();
    await system.stop();
    await pool.gone();
  };
  return { clock, pool, end, escalations: () => escalated };
}

const ready = (link: FakeLink) => link.say({ type: 'ready', credit: 9 });
const crash = (link: FakeLink | undefined) => link?.exit({ crashed: true, reason: 'spec' });

/** How many tasks that never end are with one worker of that limit. */
async function begunWith(limits: Partial<Limits>): Promise<number> {
  let begun = 0;
  const handle = () => {
    begun += 1;
    return new Promise(() => {});
  };
  const agent = defineAgent({ name: 'never', handle });
  const made = await bench({ agent }, { workers: 1, concurrencyPerWorker: 100, limits });
  await made.run(made.coalition.submitAll('never', Array(20).fill(null)));
  await made.clock.advance(50);
  await made.end({ graceMs: 0 });
  return begun;
}

/** Ids of those tasks that are still known after all have ended one after the other. */
async function keptOf(limits: Partial<Limits>, results: readonly string[], afterMs = 0): Promise<number[]> {
  const echo = defineAgent({ name: 'echo', handle: (text: string) => text });
  const { coalition, run, end, clock } = await bench({ echo }, { limits, workers: 1 });
  for (const [at, text] of results.entries())
    await run((await run(coalition.submit('echo', text, { id: `${at}` }))).result());
  await clock.advance(afterMs);
  const kept = [...results.keys()].filter((at) => coalition.task(`${at}`) !== undefined);
  await end();
  return kept;
}

/**
 * One edge a limit: the value itself passes, one more meets the bound. A limit without one does not compile, and one
 * that the type does not know fails below.
 */
const edges: Readonly<Record<keyof Limits, () => Promise<void>>> = {
  async queueDepthMax() {
    const { publish } = brokerOf({ queueDepthMax: 3 });
    expect(await publish(...testEnvelopes(1, 4))).to.deep.equal(['accepted', 'accepted', 'accepted', 'full']);
    const never = defineAgent({ name: 'never', handle: () => new Promise(() => {}) });
    const { coalition, run, end } = await bench({ never }, { limits: { queueDepthMax: 2 } });
    await run(coalition.submitAll('never', [1, 2]));
    const error = await run(rejection(coalition.submit('never', 3)));
    expect(error).to.include({ code: 'QueueFull' });
    expect(error.message).to.contain('queueDepthMax');
    await end({ graceMs: 0 });
  },
  async queueBytesMax() {
    const of = (seq: number, bytes: number) => testEnvelope(seq, { payload: encode('x'.repeat(bytes - 2)) });
    const { publish } = brokerOf({ queueBytesMax: 100 });
    expect(await publish(of(1, 60), of(2, 40))).to.deep.equal(['accepted', 'accepted']);
    const { publish: other } = brokerOf({ queueBytesMax: 100 });
    expect(await other(of(1, 60), of(2, 41))).to.deep.equal(['accepted', 'full']);
  },
  async payloadBytesMax() {
    const { coalition, run, end } = await bench({ square }, { limits: { payloadBytesMax: 20 } });
    const task = await run(coalition.submit('square', 'x'.repeat(18)));
    expect(task.state).to.not.equal('failed');
    const error = await run(rejection(coalition.submit('square', 'x'.repeat(19))));
    expect(error).to.include({ code: 'MessageTooLarge' });
    expect(error.message).to.match(/21 bytes .* 20 \(payloadBytesMax\)/);
    await end();
  },
  async mailboxCapacity() {
    const system = createSystem({ clock: new ManualClock(), mailboxCapacity: 2, log: () => {} });
    const idle = system.spawn(setup({}).createMachine({}), { id: 'idle' });
    expect([1, 2, 3].map(() => idle.send({ type: 'JOB' }))).to.deep.equal([true, true, false]);
    await system.stop();
  },
  async creditPerWorker() {
    expect(await begunWith({ creditPerWorker: 3 })).to.equal(3);
    expect(await begunWith({ creditPerWorker: 4 })).to.equal(4);
  },
  async dedupeWindowMs() {
    const { clock, own, publish } = brokerOf({ dedupeWindowMs: 100 });
    expect(await publish(own('a', 1))).to.deep.equal(['accepted']);
    await clock.advance(99);
    expect(await publish(own('a', 2))).to.deep.equal(['duplicate']);
    await clock.advance(2);
    expect(await publish(own('a', 3))).to.deep.equal(['accepted']);
  },
  async dedupeIdsMax() {
    const { own, publish } = brokerOf({ dedupeIdsMax: 2 });
    expect(await publish(own('a', 1), own('b', 2), own('a', 3))).to.deep.equal([
      'accepted',
      'accepted',
      'duplicate',
    ]);
    expect(await publish(own('c', 4), own('a', 5))).to.deep.equal(['accepted', 'accepted']);
  },
  async producersMax() {
    const of = (producer: string) => testEnvelope(1, { producer });
    const { publish } = brokerOf({ producersMax: 2 });
    expect(await publish(of('a'), of('b'), of('a'))).to.deep.equal(['accepted', 'accepted', 'duplicate']);
    const { publish: other } = brokerOf({ producersMax: 2 });
    expect(await other(of('a'), of('b'), of('c'), of('a'))).to.not.include('duplicate');
  },
  async refusalsMax() {
    for (const [refused, outcome] of [
      [2, 'accepted'],
      [3, 'duplicate'],
    ] as const) {
      const { broker, publish, receive } = brokerOf({ queueDepthMax: 1, refusalsMax: 2 });
      const settle = async () => broker.ack(QUEUE, await receive());
      await publish(testEnvelope(1));
      for (let seq = 2; seq < 2 + refused; seq += 1)
        expect(await publish(testEnvelope(seq))).to.deep.equal(['full']);
      await settle();
      await publish(testEnvelope(10));
      await settle();
      expect(await publish(testEnvelope(2)), `${refused} refused`).to.deep.equal([outcome]);
    }
  },
  async attempts() {
    let tries = 0;
    const handle = () => {
      tries += 1;
      throw new Error('again');
    };
    const agent = defineAgent({ name: 'fails', backoff: { type: 'fixed', delayMs: 1 }, handle });
    const { coalition, run, end } = await bench({ agent }, { limits: { attempts: 3 } });
    const error = await run(rejection((await run(coalition.submit('fails', null))).result()));
    expect(error.message).to.contain('3 attempts');
    expect(tries).to.equal(3);
    await end();
  },
  async onceKeysMax() {
    const agent = defineAgent({
      name: 'once',
      attempts: 1,
      handle: async (count: number, { once }) => {
        for (let key = 0; key < count; key += 1) await once(`${key}`, () => key);
        return count;
      },
    });
    const { coalition, run, end } = await bench({ agent }, { limits: { onceKeysMax: 2 } });
    expect(await run((await run(coalition.submit('once', 2))).result())).to.equal(2);
    const error = await run(rejection((await run(coalition.submit('once', 3))).result()));
    expect(error.message).to.contain('onceKeysMax');
    await end();
  },
  async onceBytesMax() {
    const recorded = (bytes: number) => {
      const ledger = new OnceLedger({ keysMax: 9, bytesMax: 20 });
      ledger.record(delivery(1), 'k', encode('x'.repeat(7))); // 10 bytes, its key among them
      ledger.record(delivery(2), 'k', encode('x'.repeat(bytes - 3)));
      return ledger.size;
    };
    expect(recorded(10)).to.equal(2);
    expect(recorded(11)).to.equal(1);
  },
  async abortGraceMs() {
    const deaf = defineAgent({ name: 'deaf', handle: () => new Promise(() => {}) });
    const { coalition, run, end, clock } = await bench(
      { deaf },
      { workers: 1, limits: { abortGraceMs: 300 } },
    );
    const crashed: number[] = [];
    coalition.on('worker', ({ state }) => state === 'crashed' && crashed.push(clock.nowMs()));
    const task = await run(coalition.submit('deaf', null));
    await clock.advance(10);
    const cancelledMs = clock.nowMs();
    task.cancel();
    await clock.advance(299);
    expect(crashed).to.deep.equal([]);
    await clock.advance(1);
    expect(crashed).to.deep.equal([cancelledMs + 300]);
    await end({ graceMs: 0 });
  },
  async gatedTasksMax() {
    for (const [gated, delayed] of [
      [3, 0],
      [2, 1],
    ] as const) {
      const clock = new ManualClock();
      const { broker } = askedOf(clock);
      const agent = defineAgent({ name: 'gated', concurrency: 1, handle: () => new Promise(() => {}) });
      const limits = { gatedTasksMax: gated };
      const { coalition, run } = await bench({ agent }, { clock, broker, workers: 2, limits });
      await run(coalition.submitAll('gated', [1, 2, 3, 4]));
      await clock.advance(100);
      expect((await run(broker.depth('spec.tasks'))).delayed, `${gated} may wait`).to.equal(delayed);
      await run(coalition.shutdown({ graceMs: 0 }));
      await run(broker.close({ drain: false, deadlineMs: 0 }));
    }
  },
  async resultTtlMs() {
    expect(await keptOf({ resultTtlMs: 1_000 }, ['a'], 900)).to.deep.equal([0]);
    expect(await keptOf({ resultTtlMs: 1_000 }, ['a'], 1_000)).to.deep.equal([]);
  },
  async resultsMax() {
    expect(await keptOf({ resultsMax: 2 }, ['a', 'b'])).to.deep.equal([0, 1]);
    expect(await keptOf({ resultsMax: 2 }, ['a', 'b', 'c'])).to.deep.equal([1, 2]);
  },
  async resultBytesMax() {
    expect(await keptOf({ resultBytesMax: 7 }, ['a', 'bb'])).to.deep.equal([0, 1]);
    expect(await keptOf({ resultBytesMax: 7 }, ['a', 'bbb'])).to.deep.equal([1]);
  },
  async leaseMs() {
    const { clock, publish, receive } = brokerOf({});
    await publish(testEnvelope(1));
    await receive({ leaseMs: 50 });
    await clock.advance(49);
    expect(await receive()).to.have.length(0);
    await clock.advance(1);
    expect(await receive()).to.have.length(1);
    expect(await requestWith({ leaseMs: 1_234 })).to.include({ leaseMs: 1_234 });
  },
  async shutdownGraceMs() {
    for (const [takesMs, completed] of [
      [200, 1],
      [240, 0],
    ] as const) {
      const clock = new ManualClock();
      const slow = defineAgent({ name: 'slow', handle: () => sleep(clock, takesMs) });
      const { coalition, run } = await bench({ slow }, { clock, limits: { shutdownGraceMs: 220 } });
      await run(coalition.submit('slow', null));
      const startedMs = clock.nowMs();
      const report = await run(coalition.shutdown());
      expect(report).to.include({ completed, abandoned: 1 - completed });
      if (completed === 0) expect(clock.nowMs() - startedMs).to.be.at.least(220);
      await clock.advance(1_000);
    }
  },
  async receiveWaitMs() {
    expect(await requestWith({ receiveWaitMs: 77 })).to.include({ waitMs: 77 });
  },
  async ledgerSpareBytes() {
    const folder = await mkdtemp(join(tmpdir(), 'conclave-limits-'));
    const bytesOf = async (ledgerSpareBytes: number) => {
      const path = join(folder, `${ledgerSpareBytes}.db`);
      const broker = await FileBroker.open(path, { limits: { ledgerSpareBytes } });
      const take = () => broker.receive(QUEUE, { consumer: 'c', max: 1, waitMs: 0, leaseMs: 60_000 });
      await broker.publish(QUEUE, [testEnvelope(1)]);
      await take(); // Never settled: without compaction it would keep every later row.
      for (const envelope of testEnvelopes(2, 80, { payload: encode('x'.repeat(1_000)) })) {
        await broker.publish(QUEUE, [envelope]);
        await broker.ack(QUEUE, await take());
      }
      const { bytes } = ledgerRows(path);
      await broker.close({ drain: false, deadlineMs: 0 });
      return bytes;
    };
    expect(await bytesOf(1_000_000)).to.be.above(79_000);
    expect(await bytesOf(10_000)).to.be.below(30_000);
    await rm(folder, { recursive: true });
  },
  async deadLettersMax() {
    const buried = async (count: number) => {
      const { broker, publish, receive } = brokerOf({ deadLettersMax: 2 });
      await publish(...testEnvelopes(1, count));
      const refusal = { fault: 'failure', delayMs: 0, attemptsMax: 0, reason: 'spec' } as const;
      await broker.nack(
        QUEUE,
        (await receive()).map((receipt) => ({ receipt, ...refusal })),
      );
      return (await broker.deadLetters(QUEUE)).map(({ envelope }) => envelope.seq);
    };
    expect(await buried(2)).to.deep.equal([1, 2]);
    expect(await buried(3)).to.deep.equal([2, 3]);
  },
  async stateResultsMax() {
    const agent = defineAgent({ name: 'one', handle: () => 1 });
    const { coalition, run, end } = await bench({ agent }, { limits: { stateResultsMax: 2 } });
    expect((await run(coalition.runQuery({ n: 1 }, { loops: 2 }))).results).to.have.length(2);
    const error = await run(rejection(coalition.runQuery({ n: 1 }, { loops: 3 })));
    expect(error).to.include({ code: 'StateFull' });
    expect(error.message).to.contain('stateResultsMax');
    await end();
  },
  async workerStartMs() {
    for (const [afterMs, isStarted] of [
      [99, true],
      [101, false],
    ] as const) {
      const executor = new FakeExecutor();
      const { clock, pool, end } = poolOf(executor, { workerStartMs: 100 });
      const started = pool.start().then(
        () => true,
        (error) => {
          expect(error).to.include({ code: 'Timeout' });
          expect(error.message).to.contain('100 ms (workerStartMs)');
          return false;
        },
      );
      await clock.advance(afterMs);
      const [first] = executor.started;
      if (first !== undefined) ready(first.link);
      await clock.settle();
      expect(await started).to.equal(isStarted);
      await end();
    }
  },
  async workerStarts() {
    let lives = 0;
    const executor = new FakeExecutor((link) => {
      lives += 1;
      crash(link);
    });
    const { pool, end } = poolOf(executor, { workerStarts: 3 });
    const error = await rejection(pool.start());
    expect(error).to.include({ code: 'RestartLimit' });
    expect(error.message).to.contain('3 times in a row').and.contain('workerStarts');
    expect(lives).to.equal(3);
    await end();
  },
  async workerRestarts() {
    const executor = new FakeExecutor(ready);
    const { clock, pool, end, escalations } = poolOf(executor, { workerRestarts: 2, restartPeriodMs: 100 });
    await pool.start();
    for (const gaveUp of [0, 0, 1]) {
      crash(executor.started.at(-1)?.link);
      await clock.settle();
      expect(escalations()).to.equal(gaveUp);
    }
    await end();
  },
  async restartPeriodMs() {
    for (const [betweenMs, gaveUp] of [
      [101, 0],
      [99, 1],
    ] as const) {
      const executor = new FakeExecutor(ready);
      const { clock, pool, end, escalations } = poolOf(executor, { workerRestarts: 1, restartPeriodMs: 100 });
      await pool.start();
      for (let crashes = 0; crashes < 2; crashes += 1) {
        await clock.advance(betweenMs);
        crash(executor.started.at(-1)?.link);
        await clock.settle();
      }
      expect(escalations(), `${betweenMs} ms apart`).to.equal(gaveUp);
      await end();
    }
  },
};

/** What a coalition with these limits asks of its broker. */
async function requestWith(limits: Partial<Limits>): Promise<ReceiveRequest | undefined> {
  const clock = new ManualClock();
  const { broker, asked } = askedOf(clock);
  const { run, coalition } = await bench({ square }, { clock, broker, limits });
  await clock.advance(200);
  await run(coalition.shutdown());
  await run(broker.close({ drain: false, deadlineMs: 0 }));
  return asked[0];
}

describe('limits', () => {
  it('have an edge each, in this table', () => {
    expect(Object.keys(edges).sort()).to.deep.equal(Object.keys(defaultLimits).sort());
  });

  for (const [name, edge] of Object.entries(edges)) {
    it(`${name}: the value passes, one more meets the bound`, edge);
  }

  it('are those of the design where nothing else is said', () => {
    expect(defaultLimits).to.include({
      queueDepthMax: 1_000_000,
      queueBytesMax: 1_073_741_824,
      payloadBytesMax: 1_048_576,
      mailboxCapacity: 10_000,
      creditPerWorker: 2_048,
      dedupeWindowMs: 10 * 60_000,
      dedupeIdsMax: 1_000_000,
      attempts: 5,
      leaseMs: 30_000,
      resultTtlMs: 3_600_000,
      shutdownGraceMs: 10_000,
    });
  });

  it('are each an option of a coalition, whole and from 1', async () => {
    for (const name of Object.keys(defaultLimits)) {
      for (const value of [0, -1, 1.5, '1', null, Number.POSITIVE_INFINITY]) {
        const error = await rejection(bench({ square }, { limits: { [name]: value } }));
        expect(isConclaveError(error, 'InvalidOption'), name).to.equal(true);
        expect(error.message).to.match(new RegExp(`^limits\\.${name} must be a whole number from 1`));
      }
    }
  });
});
