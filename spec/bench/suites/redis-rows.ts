import type { PrivateRedis } from '../../services/redis.js';
import { nodeSide, type Row } from '../row.js';

const MESSAGES = 20_000;
const BATCHED = { by: 64, inFlight: 4, messages: MESSAGES };
const ONE_BY_ONE = { by: 1, inFlight: 1, messages: 5_000 };
const SINGLY = { by: 1, inFlight: 64, messages: 10_000 };

/** What the Redis broker does beside BullMQ and beside plain commands of Streams, on one server. */
export function redisRows({ port }: PrivateRedis): readonly Row[] {
  const conclave = (play: string, setting: object) =>
    nodeSide('conclave', 'conclave-redis', play, { host: '127.0.0.1', port, ...setting });
  const bullmq = (name: string, play: string, setting: object) =>
    nodeSide(`BullMQ ${name}`, 'bullmq', play, { host: '127.0.0.1', port, ...setting });
  const raw = (name: string, play: string, setting: object) =>
    nodeSide(name, 'raw-streams', play, { host: '127.0.0.1', port, ...setting });
  const row = { unit: 'messages/s', better: 'more' } as const;
  return [
    {
      ...row,
      name: 'redis: publish with dedupe, by 64',
      conclave: conclave('publish', BATCHED),
      peer: bullmq('addBulk', 'addBulk', BATCHED),
      limit: raw('pipelined XADD', 'add', BATCHED),
    },
    {
      ...row,
      name: 'redis: single publishes, 64 in flight',
      conclave: conclave('publish', SINGLY),
      peer: bullmq('add', 'add', SINGLY),
    },
    {
      ...row,
      name: 'redis: receive and ack, by 64',
      conclave: conclave('consume', BATCHED),
      peer: bullmq('worker, concurrency 32', 'work', { ...BATCHED, inFlight: 32 }),
      limit: raw('XREADGROUP, XACK and XDEL', 'take', BATCHED),
    },
    {
      ...row,
      name: 'redis: receive and ack, one by one',
      conclave: conclave('consume', ONE_BY_ONE),
      peer: bullmq('worker, concurrency 1', 'work', ONE_BY_ONE),
      limit: raw('XREADGROUP, XACK and XDEL', 'take', ONE_BY_ONE),
    },
    {
      name: 'redis: start of a coalition, 2 processes, to its first answer',
      unit: 'ms',
      better: 'less',
      conclave: nodeSide('conclave', 'coalition', 'start', {
        broker: `redis://127.0.0.1:${port}`,
        workers: 2,
      }),
    },
  ];
}
