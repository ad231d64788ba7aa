import { type Job, Queue, Worker } from 'bullmq';
import { expectSame, inFlight, type Play, perSecond } from '../play.js';
import { chunksOf, PADDING, type RedisSetting, sumTo } from './work.js';

/* BullMQ as its documentation says: one connection a queue and worker, completed jobs removed, bulk where there is bulk. */

interface JobData {
  readonly n: number;
  readonly padding: string;
}

const NAME = 'bench';
const removal = { removeOnComplete: true, removeOnFail: true };
const PREFILL_BY = 1_000;

function openQueue({ host, port }: RedisSetting): Queue<JobData> {
  return new Queue(NAME, { connection: { host, port }, defaultJobOptions: removal });
}

function jobOf(n: number) {
  return { name: 'task', data: { n, padding: PADDING } };
}

async function publishing(
  setting: RedisSetting,
  publish: (queue: Queue<JobData>) => Promise<unknown>,
): Promise<Play> {
  const queue = openQueue(setting);
  await queue.waitUntilReady();
  return {
    round: async () => {
      const figure = await perSecond(setting.messages, async () => {
        await publish(queue);
      });
      expectSame('jobs that wait', await queue.getWaitingCount(), setting.messages);
      await queue.obliterate({ force: true });
      return figure;
    },
    close: () => queue.close(),
  };
}

export const plays = {
  add: (setting: RedisSetting): Promise<Play> =>
    publishing(setting, (queue) =>
      inFlight(sequence(setting.messages), setting.inFlight, (n) => queue.add('task', jobOf(n).data)),
    ),

  addBulk: (setting: RedisSetting): Promise<Play> =>
    publishing(setting, (queue) =>
      inFlight(chunksOf(setting.messages, setting.by), setting.inFlight, (chunk) =>
        queue.addBulk(chunk.map(jobOf)),
      ),
    ),

  work: async (setting: RedisSetting): Promise<Play> => {
    const queue = openQueue(setting);
    return {
      round: async () => {
        for (const chunk of chunksOf(setting.messages, PREFILL_BY)) await queue.addBulk(chunk.map(jobOf));
        const figure = await workOff(setting);
        const counts = await queue.getJobCounts('wait', 'active', 'completed', 'failed');
        expectSame(
          'jobs left',
          Object.values(counts).reduce((sum, count) => sum + count, 0),
          0,
        );
        return figure;
      },
      close: () => queue.close(),
    };
  },
};

async function workOff({ host, port, messages, inFlight: concurrency }: RedisSetting): Promise<number> {
  let sum = 0;
  const handle = async ({ data }: Job<JobData>) => {
    sum += data.n;
  };
  const worker = new Worker<JobData>(NAME, handle, {
    connection: { host, port, maxRetriesPerRequest: null },
    concurrency,
    autorun: false,
    ...{ removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } },
  });
  await worker.waitUntilReady();
  let completed = 0;
  const figure = await perSecond(messages, async () => {
    const done = new Promise<void>((resolve) => {
      worker.on('completed', () => {
        completed += 1;
        if (completed === messages) resolve();
      });
    });
    void worker.run();
    await done;
  });
  await worker.close();
  expectSame('the sum of what was worked on', sum, sumTo(messages));
  return figure;
}

function sequence(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}
