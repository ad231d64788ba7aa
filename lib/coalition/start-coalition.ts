import { openBroker } from '../brokers/open.js';
import { openClaimStore } from '../storage/open.js';
import { planAgents } from './agent-plan.js';
import type { AssemblyOptions } from './assembly.js';
import { Coalition } from './coalition.js';
import { loadTable } from './load-table.js';
import { type CoalitionOptions, type CoalitionSettings, parseOptions } from './options.js';
import { stagesOf } from './query/stages.js';
import { executorOf } from './workers/executor-of.js';

/**
 * What `createCoalition` promises, done: loaded with the first coalition, so that importing the package stays quick.
 * One that is given no `name` takes `oneOffName`, and leaves nothing on its broker.
 */
export async function startCoalition<Module = unknown>(
  options: CoalitionOptions,
  oneOffName?: string,
): Promise<Coalition<Module>> {
  const settings = parseOptions(options, oneOffName);
  const agents = await loadTable(settings);
  const plans = planAgents(agents, settings.limits.attempts);
  const stages = stagesOf([...plans.values()]);
  const { broker, store } = await openAdapters(settings);
  const coalition = new Coalition<Module>({
    settings,
    plans,
    stages,
    broker,
    store,
    executor: executorOf(settings, agents),
  });
  try {
    await coalition.start();
  } catch (error) {
    await coalition.shutdown({ graceMs: 0 });
    throw error;
  }
  return coalition;
}

/** Opened by their words, they are closed again should the other not open. */
async function openAdapters(settings: CoalitionSettings): Promise<Pick<AssemblyOptions, 'broker' | 'store'>> {
  const broker = await openBroker(settings.broker, { ...settings, tenant: settings.name });
  try {
    return { broker, store: await openClaimStore(settings.store) };
  } catch (error) {
    if (typeof settings.broker === 'string') await broker.close({ drain: false, deadlineMs: 0 });
    throw error;
  }
}
