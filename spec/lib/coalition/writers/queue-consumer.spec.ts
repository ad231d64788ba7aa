import { expect } from 'chai';
import fc from 'fast-check';
import { storageChart } from '../../../../actors/storage.js';
import type { Delivery } from '../../../../lib/brokers/contract.js';
import { QueueConsumer } from '../../../../lib/coalition/writers/queue-consumer.js';
import { ConclaveError } from '../../../../lib/core/errors.js';
import { encode } from '../../../../lib/core/value.js';
import { QUEUE, STOP, writerBench } from './writers.js';

function draft(n: number) {
  return { kind: 'claim', agent: 'a', payload: encode(n) } as const;
}

function bench(write: (batch: readonly Delivery[]) => Promise<number>) {
  const made = writerBench();
  const consumer = new QueueConsumer(storageChart, { ...made.options, write });
  let isEnded = false;
  void consumer.ended.then(() => {
    isEnded = true;
  });
  return { ...made, consumer, hasEnded: () => isEnded };
}

describe('queue consumer', () => {
  it('writes in publish order and acknowledges what it wrote', async () => {
    const written: number[] = [];
    const { clock, broker, publisher, consumer } = bench(async (batch) => {
      written.push(...batch.map(({ envelope }) => Number(envelope.payload)));
      return 1;
    });
    await publisher.publishAll(Array.from({ length: 600 }, (_, n) => draft(n)));
    await clock.settle();
    expect(written).to.deep.equal(Array.from({ length: 600 }, (_, n) => n));
    expect(await broker.depth(QUEUE)).to.deep.equal({ ready: 0, delayed: 0, heldBack: 0, inFlight: 0 });
    expect(consumer.counts.written + consumer.counts.duplicates).to.equal(600);
    await broker.close({ drain: false, deadlineMs: 0 });
  });

  it('stops when told to, once its queue is drained', async () => {
    const written: number[] = [];
    const { clock, publisher, hasEnded } = bench(async (batch) => {
      written.push(...batch.map(({ envelope }) => Number(envelope.payload)));
      return 0;
    });
    await publisher.publishAll([draft(1), STOP, draft(2)]);
    await clock.advance(200);
    expect(written).to.deep.equal([1, 2]);
    expect(hasEnded()).to.equal(true);
    expect(clock.pending).to.equal(0);
  });

  it('waits for nothing when it is told to stop while nothing comes', async () => {
    const { clock, consumer, hasEnded } = bench(async () => 0);
    await clock.settle();
    consumer.stop();
    await clock.settle();
    expect([hasEnded(), clock.nowMs(), clock.pending]).to.deep.equal([true, 0, 0]);
  });

  it('stops for its own session alone: an order left by a process that is dead stops nobody', async () => {
    for (const [session, isStopped] of [
      ['another', false],
      ['session', true],
    ] as const) {
      const written: number[] = [];
      const { clock, broker, publisher, options } = writerBench();
      const write = async (batch: readonly Delivery[]) => {
        written.push(...batch.map(({ envelope }) => Number(envelope.payload)));
        return 0;
      };
      const consumer = new QueueConsumer(storageChart, { ...options, session, write });
      let hasEnded = false;
      void consumer.ended.then(() => {
        hasEnded = true;
      });
      await publisher.publishAll([draft(1), STOP]);
      await clock.advance(200);
      await publisher.publishAll([draft(2)]);
      await clock.advance(200);
      expect({ hasEnded, written }).to.deep.equal({ hasEnded: isStopped, written: isStopped ? [1] : [1, 2] });
      consumer.stop();
      await clock.settle();
      expect(hasEnded).to.equal(true);
      await broker.close({ drain: false, deadlineMs: 0 });
    }
  });

  it('takes nothing before it may, and ends without having begun', async () => {
    let begin: () => void = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const written: number[] = [];
    const write = async (batch: readonly Delivery[]) => {
      written.push(...batch.map(({ envelope }) => Number(envelope.payload)));
      return 0;
    };
    const { clock, broker, publisher, options } = writerBench();
    const consumer = new QueueConsumer(storageChart, { ...options, write, begun });
    await publisher.publishAll([draft(1)]);
    await clock.advance(500);
    expect(written).to.deep.equal([]);
    begin();
    await clock.advance(10);
    expect(written).to.deep.equal([1]);
    consumer.stop();
    await clock.settle();
    await consumer.ended;
    const idle = writerBench();
    const never = new QueueConsumer(storageChart, { ...idle.options, write, begun: new Promise(() => {}) });
    await idle.publisher.publishAll([draft(2)]);
    never.stop();
    await idle.clock.advance(10);
    await never.ended;
    expect(written).to.deep.equal([1]);
    for (const made of [broker, idle.broker]) await made.close({ drain: false, deadlineMs: 0 });
  });

  it('waits with its end for what another holds', async () => {
    const written: number[] = [];
    const { clock, broker, publisher, hasEnded } = bench(async (batch) => {
      written.push(...batch.map(({ envelope }) => Number(envelope.payload)));
      return 0;
    });
    const request = { consumer: 'other', max: 1, waitMs: 1_000, leaseMs: 500 };
    await clock.advance(1); // it receives first, so that the other waits behind it
    await publisher.publishAll([draft(1)]);
    await clock.settle();
    const other = broker.receive(QUEUE, request);
    await clock.settle();
    await broker.publish(QUEUE, [publisher.stamp(draft(2)), publisher.stamp(draft(3))]);
    await clock.settle();
    await publisher.publishAll([STOP]);
    await clock.advance(300);
    const held = await Promise.race([other, Promise.resolve([])]);
    expect(hasEnded()).to.equal(held.length === 0);
    await clock.advance(1_000);
    expect(hasEnded()).to.equal(true);
    expect(written.toSorted()).to.deep.equal([1, 2, 3]);
  });

  it('gives back what it could not write, and loses and reorders nothing', async () => {
    const run = async (failures: readonly boolean[], stopAfter: number) => {
      const left = [...failures];
      const written: number[] = [];
      const { clock, publisher, errors, hasEnded } = bench(async (batch) => {
        if (left.shift() === true) throw new ConclaveError('StoreUnavailable', 'no disk');
        written.push(...batch.map(({ envelope }) => Number(envelope.payload)));
        return 0;
      });
      for (let n = 0; n < 12; n += 1) {
        await publisher.publishAll([draft(n)]);
        if (n % 3 === 0) await clock.advance(90);
        if (n === stopAfter) await publisher.publishAll([STOP]);
      }
      await publisher.publishAll([STOP]);
      for (let round = 0; round < 60; round += 1) await clock.advance(200);
      expect(hasEnded()).to.equal(true);
      expect(errors.length).to.equal(failures.filter(Boolean).length - left.filter(Boolean).length);
      expect(written).to.deep.equal(written.map((_, n) => n));
      if (stopAfter >= 12) expect(written).to.have.length(12);
      expect(clock.pending).to.equal(0);
    };
    const property = fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 10 }), fc.nat(20), run);
    await fc.assert(property, { numRuns: 60 });
  });

  it('ends when it is fenced, and gives its batch back', async () => {
    const stale = new ConclaveError('StaleEpoch', 'over');
    const { clock, broker, publisher, errors, hasEnded } = bench(() => Promise.reject(stale));
    await publisher.publishAll([draft(1)]);
    await clock.advance(10);
    expect(hasEnded()).to.equal(true);
    expect(errors).to.deep.equal([stale]);
    expect((await broker.depth(QUEUE)).ready).to.equal(1);
  });

  it('asks a broker again that could not be reached', async () => {
    const written: number[] = [];
    const { clock, broker, publisher, errors } = bench(async (batch) => written.push(batch.length) * 0);
    const receive = broker.receive.bind(broker);
    broker.receive = () => Promise.reject(new Error('down'));
    await clock.advance(1_000); // the receive under way comes back empty
    await publisher.publishAll([draft(1)]);
    await clock.advance(500);
    expect(errors.length).to.be.above(1);
    expect(written).to.deep.equal([]);
    broker.receive = receive;
    await clock.advance(200);
    expect(written).to.deep.equal([1]);
    await broker.close({ drain: false, deadlineMs: 0 });
  });
});
