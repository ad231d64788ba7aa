import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InMemoryBroker } from '../../../lib/brokers/memory.js';
import {
  ENVELOPE_VERSION,
  type Envelope,
  messageId,
  NO_TRIES,
  producedId,
} from '../../../lib/core/message.js';
import { encode } from '../../../lib/core/value.js';
import { expectSame, type Play, perSecondIn } from '../play.js';

/* The broker of one process, without workers: publish, receive and ack. */

interface MemorySetting {
  /** Messages a round. */
  readonly messages: number;
  /** Messages a call. */
  readonly by: number;
  /** Whether a caller has named each: it is then known by the dedupe window. */
  readonly ownIds?: boolean;
  /** Messages that lie in the queue all the while. */
  readonly queued?: number;
}

const QUEUE = 'tasks';
const CONSUMER = 'bench';
const LEASE_MS = 60_000;
/** Messages that are made, and then pass. */
const STRETCH = 1_024;
const LIMITS = { queueDepthMax: 4_000_000 };
const HEADERS = Object.freeze({});

/** As a publisher makes them; numbers go on from round to round. */
function envelopesFrom(first: number, count: number, ownIds = false): Envelope[] {
  const producer = 'producer';
  return Array.from({ length: count }, (_, at) => ({
    v: ENVELOPE_VERSION,
    id: ownIds ? messageId(`order-${first + at}`) : producedId(producer, first + at),
    producer,
    seq: first + at,
    coalition: 'bench',
    queue: QUEUE,
    kind: 'task',
    agent: 'square',
    orderingKey: undefined,
    priority: 4,
    delayMs: 0,
    tries: NO_TRIES,
    deliveries: 0,
    failures: 0,
    crashes: 0,
    enqueuedAtMs: 0,
    epoch: 1,
    headers: HEADERS,
    payload: encode({ n: first + at }),
  }));
}

/** In parts of `by`: the calls of a stretch. */
function callsFrom(first: number, count: number, { by, ownIds }: Omit<MemorySetting, 'messages'>) {
  return Array.from({ length: Math.ceil(count / by) }, (_, call) =>
    envelopesFrom(first + call * by, Math.min(by, count - call * by), ownIds),
  );
}

/** Publishes, receives and acks them, a call after the other; the sum of the numbers that were acked. */
async function passed(broker: InMemoryBroker, calls: readonly Envelope[][]): Promise<number> {
  let sum = 0;
  for (const call of calls) {
    const accepted = await broker.publish(QUEUE, call);
    if (accepted[call.length - 1] !== 'accepted') throw new Error(`publish answered ${accepted.at(-1)}`);
    const request = { consumer: CONSUMER, max: call.length, waitMs: 0, leaseMs: LEASE_MS };
    const deliveries = await broker.receive(QUEUE, request);
    const acked = await broker.ack(QUEUE, deliveries);
    if (acked[call.length - 1] !== 'ok') throw new Error(`ack answered ${acked.at(-1)}`);
    for (const { envelope } of deliveries) sum += envelope.seq;
  }
  return sum;
}

const PREFILL_BY = 256;

async function prefill(broker: InMemoryBroker, count: number): Promise<void> {
  for (let first = 1; first <= count; first += PREFILL_BY)
    await broker.publish(QUEUE, envelopesFrom(first, Math.min(PREFILL_BY, count - first + 1)));
  expectSame('messages that wait', (await broker.depth(QUEUE)).ready, count);
}

function sumFromTo(first: number, last: number): number {
  return ((first + last) * (last - first + 1)) / 2;
}

export const plays = {
  pass: async (setting: MemorySetting): Promise<Play> => {
    const { messages, queued = 0 } = setting;
    const broker = new InMemoryBroker({ limits: LIMITS });
    await prefill(broker, queued);
    let published = queued;
    let acked = 0;
    return {
      round: async () => {
        let sum = 0;
        const figure = await perSecondIn(
          { count: messages, by: STRETCH },
          (done, some) => callsFrom(published + done + 1, some, setting),
          async (calls) => {
            sum += await passed(broker, calls);
          },
        );
        // In order of acceptance: what has lain there comes first.
        expectSame('the sum of what was acked', sum, sumFromTo(acked + 1, acked + messages));
        published += messages;
        acked += messages;
        return figure;
      },
      close: async () => void (await broker.close({ drain: false, deadlineMs: 0 })),
    };
  },

  /** Bytes that a message takes while it waits, beside those of its payload as text. */
  bytes: async ({ messages }: MemorySetting): Promise<Play> => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const used = () => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    return {
      round: async () => {
        const broker = new InMemoryBroker({ limits: LIMITS });
        const before = used();
        let payloadBytes = 0;
        for (let first = 1; first <= messages; first += PREFILL_BY) {
          const call = envelopesFrom(first, Math.min(PREFILL_BY, messages - first + 1));
          for (const { payload } of call) payloadBytes += payload.length;
          await broker.publish(QUEUE, call);
        }
        const bytes = used() - before - payloadBytes;
        expectSame('messages that wait', (await broker.depth(QUEUE)).ready, messages);
        await broker.close({ drain: false, deadlineMs: 0 });
        return bytes / messages;
      },
      close: async () => undefined,
    };
  },
};
