import { strict as assert } from 'node:assert';
import type { Broker } from '../../../lib/brokers/contract.js';
import { RedisBroker } from '../../../lib/brokers/redis.js';
import { expectSame, inFlight, type Play, perSecond } from '../play.js';
import { envelopeOf, numberOf } from './envelopes.js';
import { chunksOf, type RedisSetting, sumTo } from './work.js';

const QUEUE = 'tasks';
const LEASE_MS = 60_000;

function open({ host, port }: RedisSetting): Promise<RedisBroker> {
  return RedisBroker.open(`redis://${host}:${port}`, { tenant: 'bench' });
}

/** With a producer of its own a round, so that nothing is a duplicate. */
async function publishAll(broker: Broker, setting: RedisSetting, producer: string): Promise<void> {
  await inFlight(chunksOf(setting.messages, setting.by), setting.inFlight, async (chunk) => {
    const envelopes = chunk.map((n) => envelopeOf(producer, n));
    const outcomes = await broker.publish(QUEUE, envelopes);
    assert(outcomes.every((outcome) => outcome === 'accepted'));
  });
}

/** Settles what it has and asks for more at once, as BullMQ's worker does with its one script. */
async function takeAll(broker: Broker, consumer: string, by: number): Promise<number> {
  const take = () => broker.receive(QUEUE, { consumer, max: by, waitMs: 0, leaseMs: LEASE_MS });
  let sum = 0;
  let deliveries = await take();
  while (deliveries.length > 0) {
    for (const { envelope } of deliveries) sum += numberOf(envelope);
    const [outcomes, next] = await Promise.all([broker.ack(QUEUE, deliveries), take()]);
    assert(outcomes.every((outcome) => outcome === 'ok'));
    deliveries = next;
  }
  return sum;
}

/** A play leaves nothing behind, and takes nothing over: neither messages nor what is known of producers. */
async function play(
  setting: RedisSetting,
  round: (broker: RedisBroker, producer: string) => Promise<number>,
): Promise<Play> {
  const broker = await open(setting);
  await broker.purge([QUEUE]);
  let count = 0;
  return {
    round: async () => {
      count += 1;
      return round(broker, `producer-${process.pid}-${count}`);
    },
    close: async () => {
      await broker.purge([QUEUE]);
      await broker.close({ drain: false, deadlineMs: 0 });
    },
  };
}

export const plays = {
  publish: (setting: RedisSetting): Promise<Play> =>
    play(setting, async (broker, producer) => {
      const figure = await perSecond(setting.messages, () => publishAll(broker, setting, producer));
      expectSame('messages that wait', (await broker.depth(QUEUE)).ready, setting.messages);
      await broker.purge([QUEUE]);
      return figure;
    }),

  consume: (setting: RedisSetting): Promise<Play> =>
    play(setting, async (broker, producer) => {
      await publishAll(broker, { ...setting, by: 64, inFlight: 4 }, producer);
      let sums: readonly number[] = [];
      const figure = await perSecond(setting.messages, async () => {
        const consumers = Array.from({ length: setting.inFlight }, (_, at) => `consumer-${at}`);
        sums = await Promise.all(consumers.map((consumer) => takeAll(broker, consumer, setting.by)));
      });
      const sum = sums.reduce((total, part) => total + part, 0);
      expectSame('the sum of what was received', sum, sumTo(setting.messages));
      expectSame('messages left', (await broker.depth(QUEUE)).ready, 0);
      return figure;
    }),
};
