import { openBroker } from '../brokers/open.js';
import { within } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import type { Executor } from '../executors/contract.js';
import { InlineExecutor } from '../executors/inline.js';
import { ProcessExecutor } from '../executors/process.js';
import { RayExecutor } from '../executors/ray.js';
import { ThreadExecutor } from '../executors/thread.js';
import { type AgentTable, agentTable, loadAgents } from '../host/agents-module.js';
import { WorkerHost } from '../host/worker-host.js';
import { openClaimStore } from '../storage/open.js';
import { planAgents } from './agent-plan.js';
import type { AssemblyOptions } from './assembly.js';
import { Coalition } from './coalition.js';
import { type CoalitionOptions, type CoalitionSettings, parseOptions } from './options.js';
import { stagesOf } from './query/stages.js';

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

function loadTable(settings: CoalitionSettings): Promise<AgentTable> | AgentTable {
  const { agents } = settings;
  return typeof agents === 'string'
    ? loadInTime(agents, settings)
    : agentTable(Object.values(agents), 'agents');
}

/** A module that waits for ever would end the program without a word once nothing else holds it open. */
async function loadInTime(url: string, { clock, limits }: CoalitionSettings): Promise<AgentTable> {
  const loading = loadAgents(url);
  if (await within(clock, limits.workerStartMs, loading)) return loading;
  throw neverLoaded(url, limits.workerStartMs);
}

function neverLoaded(url: string, workerStartMs: number): ConclaveError {
  return new ConclaveError(
    'Timeout',
    `The agents module ${url} had not loaded after ${workerStartMs} ms (workerStartMs): does it await, at its top ` +
      'level, what never comes?',
  );
}

function executorOf({ isolation, ray, clock, limits }: CoalitionSettings, agents: AgentTable): Executor {
  if (isolation === 'ray') return new RayExecutor({ ...ray, startMs: limits.workerStartMs, clock });
  if (isolation === 'process') return new ProcessExecutor();
  if (isolation === 'thread') return new ThreadExecutor();
  return new InlineExecutor(async (spec, send) => new WorkerHost({ spec, agents, clock, send }));
}
