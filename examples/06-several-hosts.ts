// Several hosts: a coordinator without workers of its own, and two worker pools in processes that share nothing with it
// but a Redis. Here they run on one machine; on others each is started by hand, or by `conclave worker`.
//   REDIS_URL=redis://localhost:6379 node dist/examples/06-several-hosts.js
//   REDIS_URL=redis://localhost:6379 node dist/examples/06-several-hosts.js pool reverse    one more, from anywhere
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createCoalition, isConclaveError, joinCoalition } from 'conclave';
import * as agents from './06-agents.js';

const broker = process.env.REDIS_URL ?? 'redis://localhost:6379';
const name = 'example-06';
const TEXTS = [
  'all work waits in one queue',
  'each pool takes what its agents can do',
  'no pool knows another',
];

/* A pool takes tasks of the agents it has, and of no others. It drains when it is told to leave. */
async function work(only: string): Promise<void> {
  const has = Object.entries(agents).filter(([agent]) => agent === only);
  const pool = await joinCoalition({ broker, name, agents: Object.fromEntries(has), workers: 2 });
  process.once('SIGTERM', async () => {
    const { completed, requeued } = await pool.shutdown();
    console.log(`${only}: ${completed} tasks answered, ${requeued} given back`);
  });
}

async function coordinate(): Promise<void> {
  const coalition = await createCoalition<typeof agents>({ broker, name, agents, workers: 0 });
  coalition.on('fault', () => {}); // without an append-only file Redis loses what it holds: here nobody minds
  coalition.on('pool', (pool) => console.log(`${pool.agents.join()} ${pool.state}: process ${pool.pid}`));

  // Nobody has begun yet: tasks wait in the queue for a pool that has their agent.
  const counted = coalition.map(
    'countWords',
    TEXTS.map((text) => ({ text })),
  );
  const reversed = await coalition.submit('reverse', { text: TEXTS[0] ?? '' });
  const pools = Object.keys(agents).map(startPool);
  for await (const { words, where } of counted) console.log(`${words} words, counted on ${where}`);
  const { text, where } = await reversed.result();
  console.log(`${text}, reversed on ${where}`);

  for (const pool of pools) pool.kill('SIGTERM');
  await Promise.all(pools.map((pool) => once(pool, 'exit')));
  const { completed } = await coalition.shutdown();
  console.log(`${completed} tasks answered by others`);
}

function startPool(agent: string): ChildProcess {
  return fork(fileURLToPath(import.meta.url), ['pool', agent]);
}

try {
  const [role, agent = ''] = process.argv.slice(2);
  await (role === 'pool' ? work(agent) : coordinate());
} catch (error) {
  if (!isConclaveError(error, 'BrokerUnavailable')) throw error;
  console.error(
    `${error.message}\nThis example needs a Redis: start redis-server, or name yours in REDIS_URL.`,
  );
  process.exitCode = 1;
}
