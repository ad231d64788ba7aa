import { Redis } from 'ioredis';
import { expectSame, inFlight, type Play, perSecond } from '../play.js';
import { chunksOf, PADDING, type RedisSetting, sumTo } from './work.js';

/* The least that Redis Streams can do for a queue: plain commands, pipelined; no dedupe, no bound, no owner. */

const STREAM = 'raw';
const GROUP = 'group';

type Entry = readonly [id: string, fields: readonly string[]];

function payloadOf(n: number): string {
  return JSON.stringify({ n, padding: PADDING });
}

function add(redis: Redis, { messages, by, inFlight: width }: RedisSetting): Promise<void> {
  return inFlight(chunksOf(messages, by), width, async (chunk) => {
    const pipeline = redis.pipeline();
    for (const n of chunk) pipeline.xadd(STREAM, '*', 'payload', payloadOf(n));
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
  });
}

export const plays = {
  add: async (setting: RedisSetting): Promise<Play> => {
    const redis = new Redis(setting);
    return {
      round: async () => {
        const figure = await perSecond(setting.messages, () => add(redis, setting));
        expectSame('entries of the stream', await redis.xlen(STREAM), setting.messages);
        await redis.del(STREAM);
        return figure;
      },
      close: async () => redis.disconnect(),
    };
  },

  take: async (setting: RedisSetting): Promise<Play> => {
    const redis = new Redis(setting);
    return {
      round: async () => {
        await redis.xgroup('CREATE', STREAM, GROUP, '0', 'MKSTREAM');
        await add(redis, { ...setting, by: 64, inFlight: 4 });
        let sums: readonly number[] = [];
        const figure = await perSecond(setting.messages, async () => {
          const consumers = Array.from({ length: setting.inFlight }, (_, at) => `consumer-${at}`);
          sums = await Promise.all(consumers.map((consumer) => takeAll(redis, consumer, setting.by)));
        });
        const sum = sums.reduce((total, part) => total + part, 0);
        expectSame('the sum of what was taken', sum, sumTo(setting.messages));
        expectSame('entries left', await redis.xlen(STREAM), 0);
        await redis.del(STREAM);
        return figure;
      },
      close: async () => redis.disconnect(),
    };
  },
};

/** Settles what it has and asks for more in one round trip, until there is no more. */
async function takeAll(redis: Redis, consumer: string, by: number): Promise<number> {
  let sum = 0;
  let entries = await take(redis, consumer, by, []);
  while (entries.length > 0) {
    for (const [, [, payload = '{}']] of entries) sum += JSON.parse(payload).n;
    const done = entries.map(([id]) => id);
    entries = await take(redis, consumer, by, done);
  }
  return sum;
}

async function take(
  redis: Redis,
  consumer: string,
  by: number,
  done: readonly string[],
): Promise<readonly Entry[]> {
  const pipeline = redis.pipeline();
  if (done.length > 0) pipeline.xack(STREAM, GROUP, ...done).xdel(STREAM, ...done);
  pipeline.xreadgroup('GROUP', GROUP, consumer, 'COUNT', by, 'STREAMS', STREAM, '>');
  const [error, answer] = (await pipeline.exec())?.at(-1) ?? [];
  if (error) throw error;
  return (answer as readonly (readonly [string, readonly Entry[]])[] | null)?.[0]?.[1] ?? [];
}
