import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker, Delivery } from '../../../lib/brokers/contract.js';
import { FileBroker } from '../../../lib/brokers/file.js';
import { expectSame, inFlight, msOf, type Play, perSecond } from '../play.js';
import { envelopeOf, numberOf } from './envelopes.js';
import { chunksOf, type FileSetting, partsOf, shuffle, sumTo } from './work.js';

const QUEUE = 'tasks';
const CONSUMER = 'bench';
const LEASE_MS = 60_000;

async function publishAll(
  broker: Broker,
  setting: FileSetting,
  producer: string,
  ownIds = false,
): Promise<void> {
  const { messages, publishBy, inFlight: width } = setting;
  await inFlight(chunksOf(messages, publishBy), width, async (chunk) => {
    const outcomes = await broker.publish(
      QUEUE,
      chunk.map((n) => envelopeOf(producer, n, ownIds)),
    );
    expectSame('outcomes', new Set(outcomes).size === 1 && outcomes[0], 'accepted');
  });
}

async function receiveAll(broker: Broker, { messages, ackBy }: FileSetting): Promise<Delivery[]> {
  const received: Delivery[] = [];
  while (received.length < messages) {
    const request = { consumer: CONSUMER, max: ackBy, waitMs: 0, leaseMs: LEASE_MS };
    const some = await broker.receive(QUEUE, request);
    if (some.length === 0) break;
    received.push(...some);
  }
  return received;
}

async function ackAll(broker: Broker, setting: FileSetting, deliveries: Delivery[]): Promise<void> {
  await inFlight(partsOf(shuffle(deliveries), setting.ackBy), setting.inFlight, async (part) => {
    const outcomes = await broker.ack(QUEUE, part);
    expectSame('outcomes', new Set(outcomes).size === 1 && outcomes[0], 'ok');
  });
}

async function checkDrained(
  broker: Broker,
  setting: FileSetting,
  deliveries: readonly Delivery[],
): Promise<void> {
  const sum = deliveries.reduce((total, { envelope }) => total + numberOf(envelope), 0);
  expectSame('the sum of what was received', sum, sumTo(setting.messages));
  const { ready, inFlight: out } = await broker.depth(QUEUE);
  expectSame('messages left', ready + out, 0);
}

/** A play on a broker that stays open from round to round. */
async function onBroker(round: (broker: Broker, count: number) => Promise<number>): Promise<Play> {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-bench-'));
  const broker = await FileBroker.open(join(folder, 'work.db'));
  let count = 0;
  return {
    round: () => {
      count += 1;
      return round(broker, count);
    },
    close: async () => {
      await broker.close({ drain: false, deadlineMs: 0 });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const plays = {
  publishAndAck: (setting: FileSetting): Promise<Play> =>
    onBroker(async (broker, count) => {
      let deliveries: Delivery[] = [];
      const figure = await perSecond(setting.messages, async () => {
        await publishAll(broker, setting, `producer-${count}`);
        deliveries = await receiveAll(broker, setting);
        await ackAll(broker, setting, deliveries);
      });
      await checkDrained(broker, setting, deliveries);
      return figure;
    }),

  publishOwnIds: (setting: FileSetting): Promise<Play> =>
    onBroker(async (broker, count) => {
      const figure = await perSecond(setting.messages, () =>
        publishAll(broker, setting, `producer-${count}`, true),
      );
      const deliveries = await receiveAll(broker, setting);
      await ackAll(broker, setting, deliveries);
      await checkDrained(broker, setting, deliveries);
      return figure;
    }),

  replay: async (setting: FileSetting): Promise<Play> => {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-bench-'));
    const path = join(folder, 'work.db');
    const first = await FileBroker.open(path);
    await publishAll(first, setting, 'producer');
    await first.close({ drain: false, deadlineMs: 0 });
    return {
      round: async () => {
        let broker: Broker | undefined;
        const figure = await msOf(async () => {
          broker = await FileBroker.open(path);
        });
        expectSame('messages that wait', (await broker?.depth(QUEUE))?.ready, setting.messages);
        await broker?.close({ drain: false, deadlineMs: 0 });
        return figure;
      },
      close: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};
