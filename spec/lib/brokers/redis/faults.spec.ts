import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import type { Delivery, PublishOutcome } from '../../../../lib/brokers/contract.js';
import { RedisBroker, type RedisBrokerOptions } from '../../../../lib/brokers/redis.js';
import { type ConclaveError, isConclaveError } from '../../../../lib/core/errors.js';
import type { Envelope } from '../../../../lib/core/message.js';
import { encode } from '../../../../lib/core/value.js';
import { testEnvelope, testEnvelopes } from '../../../../lib/testing/envelopes.js';
import { FaultProxy } from '../../../services/fault-proxy.js';
import { freePort } from '../../../services/free-port.js';
import { type PrivateRedis, type RedisSettings, startRedis } from '../../../services/redis.js';
import { describeOnRedis } from '../../../services/redis-programs.js';

const QUEUE = 'tasks';
const KEYS = 'conclave:1:{spec}:';
const LEASE_MS = 30_000;

/** The operating error that a call is rejected with; fails if it is answered. */
async function faultOf(promise: Promise<unknown>): Promise<ConclaveError> {
  const outcome: unknown = await promise.catch((error: unknown) => error);
  if (isConclaveError(outcome)) return outcome;
  throw new Error(`expected an operating error, not ${JSON.stringify(outcome)} ${String(outcome)}`);
}

/** The same call until it is answered: what the contract asks of whoever does not know an outcome. */
async function untilKnown<Value>(call: () => Promise<Value>): Promise<Value> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isConclaveError(error, 'BrokerUnavailable') && !isConclaveError(error, 'Timeout')) throw error;
      await pause(5);
    }
  }
}

describeOnRedis('a broker on Redis, under faults', (program) => {
  let redis: PrivateRedis;
  let proxy: FaultProxy | undefined;
  const brokers: RedisBroker[] = [];

  async function start(settings: Omit<RedisSettings, 'program'> = {}): Promise<void> {
    redis = await startRedis({ program, ...settings });
  }

  async function open(options: Partial<RedisBrokerOptions> = {}, url = redis.url): Promise<RedisBroker> {
    const broker = await RedisBroker.open(url, { tenant: 'spec', ...options });
    brokers.push(broker);
    return broker;
  }

  async function openThroughProxy(options: Partial<RedisBrokerOptions> = {}): Promise<RedisBroker> {
    proxy = await FaultProxy.open(redis.port);
    return open(options, `redis://127.0.0.1:${proxy.port}`);
  }

  afterEach(async () => {
    await Promise.all(brokers.splice(0).map((broker) => broker.close({ drain: false, deadlineMs: 0 })));
    await proxy?.close();
    proxy = undefined;
    await redis?.stop();
  });

  const take = (broker: RedisBroker, max = 100, leaseMs = LEASE_MS) =>
    broker.receive(QUEUE, { consumer: 'worker', max, waitMs: 0, leaseMs });

  const idsOf = (deliveries: readonly Delivery[]) => deliveries.map(({ envelope }) => envelope.id);

  it('closes soon where the server answers nothing any more', async () => {
    await start();
    const broker = await openThroughProxy();
    await broker.publish(QUEUE, testEnvelopes(1, 3));
    await take(broker, 1);
    await proxy?.close();
    const beganMs = performance.now();
    const report = await broker.close({ drain: false, deadlineMs: 0 });
    expect(report).to.include({ drained: 0, returned: 3, abandoned: 0 });
    expect(performance.now() - beganMs).to.be.lessThan(4_000);
  });

  it('is refused with a word that says what to do, and no password', async () => {
    await start({ password: 'right', args: ['--maxmemory-policy', 'allkeys-lru'] });
    const at = `127.0.0.1:${redis.port}`;
    const faults = [
      await faultOf(open({}, `redis://:secret@${at}`)),
      await faultOf(open({}, `redis://:secret@127.0.0.1:${await freePort()}`)),
      await faultOf(open({}, `redis://:sec/ret@${at}`)),
      await faultOf(open({ durable: true })),
    ];
    expect(faults.map(({ code }) => code)).to.deep.equal([
      'BrokerUnavailable',
      'BrokerUnavailable',
      'InvalidOption',
      'InvalidOption',
    ]);
    for (const { message, stack } of faults)
      expect(`${message}${stack}`).to.not.match(/secret|sec\/ret|right/);
    await redis.command('CONFIG', 'SET', 'appendonly', 'yes');
    expect((await faultOf(open({ durable: true }))).message).to.match(/allkeys-lru/);
    const broker = await open();
    expect([broker.capabilities.durable, broker.name]).to.deep.equal([true, `redis://${at}`]);
    expect(broker.warnings.join()).to.match(/throw messages away.*allkeys-lru/);
  });

  it('read-only: refuses, loses nothing, and goes on when it is a master again', async () => {
    await start();
    const broker = await open();
    await broker.publish(QUEUE, testEnvelopes(1, 3));
    await redis.command('REPLICAOF', '127.0.0.1', await freePort());
    expect((await faultOf(broker.publish(QUEUE, [testEnvelope(4)]))).message).to.match(/replica.*READONLY/);
    expect((await faultOf(take(broker))).message).to.match(/READONLY/);
    await redis.command('REPLICAOF', 'NO', 'ONE');
    expect(await untilKnown(() => broker.publish(QUEUE, [testEnvelope(4)]))).to.deep.equal(['accepted']);
    expect(await take(broker)).to.have.length(4);
  });

  it('out of memory: refuses publishes, and lets what it holds be worked off', async () => {
    await start();
    const broker = await open();
    await broker.publish(QUEUE, testEnvelopes(1, 40));
    await broker.publish(QUEUE, testEnvelopes(41, 44, { orderingKey: 'key' }));
    const held = await take(broker, 10);
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    expect((await faultOf(broker.publish(QUEUE, [testEnvelope(45)]))).message).to.match(/memory is full/);
    const [first, second, ...others] = held;
    if (first === undefined || second === undefined) throw new Error('nothing was given out');
    expect(await broker.extend(QUEUE, others, LEASE_MS)).to.deep.equal(others.map(() => 'ok'));
    const refusal = { receipt: first, fault: 'failure', delayMs: 0, attemptsMax: 5, reason: 'spec' } as const;
    expect(await broker.nack(QUEUE, [refusal])).to.deep.equal(['ok']);
    const dead = { ...refusal, receipt: second, attemptsMax: 0 };
    expect(await broker.nack(QUEUE, [dead])).to.deep.equal(['dead-lettered']);
    expect(await broker.ack(QUEUE, others)).to.deep.equal(others.map(() => 'ok'));
    const done: string[] = [];
    while (done.length < 35) {
      const deliveries = await take(broker, 7);
      if (deliveries.length === 0) break;
      expect(new Set(await broker.ack(QUEUE, deliveries))).to.deep.equal(new Set(['ok']));
      done.push(...idsOf(deliveries));
    }
    expect(new Set(done).size).to.equal(35);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await broker.publish(QUEUE, [testEnvelope(45)])).to.deep.equal(['accepted']);
  });

  it('a publish whose reply is lost counts once, also where later ones were accepted meanwhile', async () => {
    await start();
    const broker = await openThroughProxy();
    await broker.publish(QUEUE, [testEnvelope(1)]);
    const carriedOut = proxy?.loseReply('lost reply');
    const lostReply = testEnvelopes(2, 3, { payload: encode('lost reply') });
    await faultOf(broker.publish(QUEUE, lostReply));
    await carriedOut;
    const dropped = proxy?.loseRequest('lost request');
    const lostRequest = testEnvelopes(4, 5, { payload: encode('lost request '.repeat(100)) });
    await faultOf(broker.publish(QUEUE, lostRequest));
    await dropped;
    expect(await broker.publish(QUEUE, testEnvelopes(6, 7))).to.deep.equal(['accepted', 'accepted']);
    expect(await broker.publish(QUEUE, lostReply)).to.deep.equal(['duplicate', 'duplicate']);
    const again = await broker.publish(QUEUE, lostRequest);
    const given = idsOf(await take(broker)).map((id) => Number(id.split(':')[1]));
    expect(
      given.toSorted((left, right) => left - right),
      `again: ${again}`,
    ).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
    expect(await broker.publish(QUEUE, lostRequest)).to.deep.equal(['duplicate', 'duplicate']);
  });

  it('a refused publish may come again after later ones were accepted, as one that was full may', async () => {
    await start();
    const broker = await open();
    await broker.publish(QUEUE, [testEnvelope(1)]);
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    await faultOf(broker.publish(QUEUE, testEnvelopes(2, 3)));
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await broker.publish(QUEUE, [testEnvelope(4)])).to.deep.equal(['accepted']);
    expect(await broker.publish(QUEUE, testEnvelopes(2, 3))).to.deep.equal(['accepted', 'accepted']);
    expect(await take(broker)).to.have.length(4);
  });

  it('a receive whose reply is lost gives the messages back when its lease is over', async () => {
    await start();
    const broker = await openThroughProxy();
    await broker.publish(QUEUE, testEnvelopes(1, 5));
    const lost = proxy?.loseReply('1:{spec}:');
    await faultOf(take(broker, 5, 300));
    await lost;
    expect(await untilKnown(() => take(broker))).to.deep.equal([]);
    const again = await broker.receive(QUEUE, {
      consumer: 'worker',
      max: 5,
      waitMs: 2_000,
      leaseMs: LEASE_MS,
    });
    expect(again.map(({ deliveries }) => deliveries)).to.deep.equal([2, 2, 2, 2, 2]);
  });

  it('an ack whose reply is lost has counted: the same again is stale, and nothing comes back', async () => {
    await start();
    const broker = await openThroughProxy();
    await broker.publish(QUEUE, testEnvelopes(1, 2));
    const deliveries = await take(broker, 2, 200);
    const lost = proxy?.loseReply('1:{spec}:');
    await faultOf(broker.ack(QUEUE, deliveries));
    await lost;
    expect(await untilKnown(() => broker.ack(QUEUE, deliveries))).to.deep.equal(['stale', 'stale']);
    await pause(250);
    expect(await take(broker)).to.deep.equal([]);
    expect(await broker.depth(QUEUE)).to.deep.equal({ ready: 0, delayed: 0, heldBack: 0, inFlight: 0 });
  });

  it('whose scripts are flushed goes on', async () => {
    await start();
    const broker = await open();
    for (let seq = 1; seq <= 20; seq += 1) {
      const flushed = redis.command('SCRIPT', 'FLUSH');
      expect(await broker.publish(QUEUE, [testEnvelope(seq)])).to.deep.equal(['accepted']);
      const [delivery] = await take(broker);
      await flushed;
      expect(delivery && (await broker.ack(QUEUE, [delivery]))).to.deep.equal(['ok']);
    }
  });

  it('buries what somebody else wrote into its streams, and gives out what stands behind it', async () => {
    await start();
    const broker = await open();
    await broker.publish(QUEUE, [testEnvelope(1)]);
    const keys = await redis.command('KEYS', `${KEYS}q:${QUEUE}:s:*`);
    const stream = Array.isArray(keys) ? String(keys[0]) : '';
    await redis.command('XADD', stream, '*', 'what', 'is this', 'and', 'this?');
    expect(await untilKnown(() => broker.publish(QUEUE, testEnvelopes(2, 9)))).to.have.length(8);
    const given: string[] = [];
    for (let turn = 0; turn < 6; turn += 1) given.push(...idsOf(await take(broker, 3)));
    expect(given).to.deep.equal(testEnvelopes(1, 9).map(({ id }) => id));
    const [letter] = await broker.deadLetters(QUEUE);
    expect(letter?.reason).to.match(/not published by Conclave/);
    await redis.command('SET', `${KEYS}q:${QUEUE}:due`, 'text');
    expect(
      (await faultOf(take(broker).then(() => broker.publish(QUEUE, [testEnvelope(10, { delayMs: 9 })]))))
        .message,
    ).to.match(/another kind.*WRONGTYPE/);
  });

  it('a payload one byte over is refused before it is sent, and the next one passes', async () => {
    await start();
    const broker = await openThroughProxy({ limits: { payloadBytesMax: 1_000 } });
    const fits = testEnvelope(1, { payload: encode('ü'.repeat(499)) });
    const over = testEnvelope(2, { payload: encode(`${'ü'.repeat(499)}x`) });
    expect([Buffer.byteLength(fits.payload), Buffer.byteLength(over.payload)]).to.deep.equal([1_000, 1_001]);
    let isSent = false;
    const sent = proxy?.loseRequest('ü').then(() => {
      isSent = true;
    });
    expect(await broker.publish(QUEUE, [over])).to.deep.equal(['too-large']);
    expect(isSent).to.equal(false);
    await faultOf(broker.publish(QUEUE, [fits]));
    await sent;
    expect(await untilKnown(() => broker.publish(QUEUE, [fits, over]))).to.deep.equal([
      'accepted',
      'too-large',
    ]);
  });

  for (const [way, stepMs] of [
    ['forward', 3_600_000],
    ['back', -3_600_000],
  ] as const) {
    it(`whose clock steps an hour ${way} neither ends leases nor makes them last`, async () => {
      await start();
      const broker = await open();
      await broker.publish(QUEUE, testEnvelopes(1, 2));
      await take(broker, 1);
      const [second] = await take(broker, 1, 400);
      /* A step of the server's clock is one of what was noted of it last, the other way. */
      const [nowMs, serverMs] = String(await redis.command('GET', `${KEYS}clock`))
        .split(' ')
        .map(Number);
      await redis.command('SET', `${KEYS}clock`, `${nowMs} ${Number(serverMs) - stepMs}`);
      expect(await take(broker), 'leases end').to.deep.equal([]);
      const waiting = { consumer: 'worker', max: 5, waitMs: 3_000, leaseMs: LEASE_MS };
      expect(idsOf(await broker.receive(QUEUE, waiting)), 'a lease lasts').to.deep.equal([
        second?.envelope.id,
      ]);
    });
  }

  /* The checks of a total queue: what was accepted is worked off, each message was accepted once, nothing else comes. */
  const afflictions: readonly (readonly [string, number, () => Promise<void> | void])[] = [
    ['kills its clients again and again', 25, () => void redis.command('CLIENT', 'KILL', 'TYPE', 'normal')],
    ['is cut off again and again', 9, () => proxy?.cut()],
    ['is killed and started again and again', 150, () => redis.restart()],
    [
      'is stopped and continued again and again',
      60,
      async () => {
        redis.pause();
        await pause(30);
        redis.resume();
      },
    ],
  ];
  for (const [name, everyMs, afflict] of afflictions) {
    it(`${name}: nothing accepted is lost, nothing is accepted twice`, async () => {
      await start({ appendonly: 'always' });
      const [producing, consuming] = [await openThroughProxy(), await openThroughOther()];
      const total = { batches: 40, size: 25 };
      const progress: Progress = { answered: 0 };
      let isOver = false;
      const accepted = Promise.all(
        ['a', 'b'].map((producer) => produce(producing, producer, total, progress)),
      );
      const worked = consume(consuming, () => isOver, progress);
      const faults = (async () => {
        for (let answered = 0; !isOver; answered = progress.answered) {
          /* By what was done and not by time alone: on a busy machine nothing would be done between two faults. */
          while (!isOver && progress.answered < answered + ANSWERS_BETWEEN) await pause(1);
          await pause(everyMs);
          await afflict();
        }
      })();
      const outcomes = (await accepted).flat();
      await settledQueue(consuming);
      isOver = true;
      await faults;
      const { seqsById, acked } = await worked;
      expect(new Set(outcomes), 'known outcomes').to.be.a('set').that.is.not.empty;
      const published = ['a', 'b'].flatMap((producer) =>
        testEnvelopes(1, 1_000, { producer }).map(({ id }) => id),
      );
      expect(
        published.filter((id) => !acked.has(id)),
        'lost',
      ).to.deep.equal([]);
      expect(
        [...seqsById].filter(([, seqs]) => seqs.size > 1),
        'accepted twice',
      ).to.deep.equal([]);
      expect(seqsById.size, 'unexpected').to.equal(published.length);
    }).timeout(60_000);
  }

  async function openThroughOther(): Promise<RedisBroker> {
    return open({}, proxy === undefined ? redis.url : `redis://127.0.0.1:${proxy.port}`);
  }

  async function settledQueue(broker: RedisBroker): Promise<void> {
    for (;;) {
      const { ready, delayed, heldBack, inFlight } = await untilKnown(() => broker.depth(QUEUE));
      if (ready + delayed + heldBack + inFlight === 0) return;
      await pause(20);
    }
  }
});

/** How many calls were answered. */
interface Progress {
  answered: number;
}

const ANSWERS_BETWEEN = 4;

/** Publishes in batches, three in flight, each until its outcome is known. */
async function produce(
  broker: RedisBroker,
  producer: string,
  { batches, size }: { readonly batches: number; readonly size: number },
  progress: Progress,
): Promise<PublishOutcome[]> {
  const outcomes: PublishOutcome[] = [];
  let next = 0;
  await Promise.all(
    [1, 2, 3].map(async () => {
      while (next < batches) {
        const first = next * size + 1;
        next += 1;
        const envelopes: Envelope[] = testEnvelopes(first, first + size - 1, { producer });
        outcomes.push(...(await untilKnown(() => broker.publish(QUEUE, envelopes))));
        progress.answered += 1;
        await pause(3);
      }
    }),
  );
  return outcomes;
}

/** Receives and acks until it is over; which places each message had, and which were acked, as far as that is known. */
async function consume(broker: RedisBroker, isOver: () => boolean, progress: Progress) {
  const seqsById = new Map<string, Set<number>>();
  const acked = new Set<string>();
  while (!isOver()) {
    const request = { consumer: 'worker', max: 40, waitMs: 20, leaseMs: 250 };
    const deliveries = await untilKnown(() => broker.receive(QUEUE, request));
    for (const { envelope, seq } of deliveries)
      seqsById.set(envelope.id, (seqsById.get(envelope.id) ?? new Set()).add(seq));
    if (deliveries.length > 0) await untilKnown(() => broker.ack(QUEUE, deliveries));
    progress.answered += 1;
    for (const { envelope } of deliveries) acked.add(envelope.id);
  }
  return { seqsById, acked };
}
