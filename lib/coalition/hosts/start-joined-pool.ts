import { hostname } from 'node:os';
import { isShared } from '../../brokers/broker-word.js';
import { openBroker } from '../../brokers/open.js';
import { ConclaveError } from '../../core/errors.js';
import { wrong } from '../../core/parse.js';
import { planAgents } from '../agent-plan.js';
import { loadTable } from '../load-table.js';
import { type CoalitionSettings, parseOptions } from '../options.js';
import { executorOf } from '../workers/executor-of.js';
import type { JoinOptions } from './join-options.js';
import { JoinedPool } from './joined-pool.js';

/** What `joinCoalition` promises, done. */
export async function startJoinedPool(options: JoinOptions): Promise<JoinedPool> {
  const settings = parseJoin(options);
  const agents = await loadTable(settings);
  const plans = planAgents(agents, settings.limits.attempts);
  const broker = await openBroker(settings.broker, { ...settings, tenant: settings.name });
  const pool = new JoinedPool({
    settings,
    plans,
    broker,
    executor: executorOf(settings, agents),
    place: { host: hostname(), pid: process.pid },
  });
  try {
    await pool.start();
  } catch (error) {
    await pool.shutdown({ graceMs: 0 });
    throw error;
  }
  return pool;
}

function parseJoin(options: JoinOptions): CoalitionSettings {
  for (const name of ['store', 'durable'] as const) {
    if (Object.hasOwn(options, name))
      throw wrong(name, 'left to the coordinator: a pool that joins has none', Reflect.get(options, name));
  }
  const settings = parseOptions(options);
  if (!isShared(settings.broker)) throw notShared(settings.broker);
  if (settings.workers === 0) throw wrong('workers', 'at least 1 in a pool that joins', 0);
  return settings;
}

function notShared(broker: CoalitionSettings['broker']): ConclaveError {
  const name = typeof broker === 'string' ? `'${broker}'` : broker.name;
  return new ConclaveError(
    'InvalidOption',
    `broker must be one that several processes share ('redis://…' or 'rediss://…') for a pool to join by; ${name} is ` +
      "its owner's alone.",
  );
}
