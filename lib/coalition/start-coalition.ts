import type { Broker } from '../brokers/contract.js';
import { InMemoryBroker } from '../brokers/memory.js';
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
import { Coalition } from './coalition.js';
import { type CoalitionOptions, type CoalitionSettings, parseOptions } from './options.js';
import { stagesOf } from './query/stages.js';

/** What `createCoalition` promises, done: loaded with the first coalition, so that importing the package stays quick. */
export async function startCoalition<Module = unknown>(
  options: CoalitionOptions,
): Promise<Coalition<Module>> {
  const settings = parseOptions(options);
  const agents = await loadTable(settings);
  const plans = planAgents(agents, settings.limits.attempts);
  const stages = stagesOf([...plans.values()]);
  const broker = openBroker(settings);
  const store = await openClaimStore(settings.store);
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

function openBroker({ broker, durable, clock, limits }: CoalitionSettings): Broker {
  const opened = broker === 'memory' ? new InMemoryBroker({ clock, limits }) : broker;
  if (durable && !opened.capabilities.durable) {
    throw new ConclaveError(
      'InvalidOption',
      `durable: true needs a broker that outlives this process; ${opened.name} keeps nothing. Leave it out, or use another broker.`,
    );
  }
  return opened;
}

function executorOf({ isolation, ray, clock, limits }: CoalitionSettings, agents: AgentTable): Executor {
  if (isolation === 'ray') return new RayExecutor({ ...ray, startMs: limits.workerStartMs, clock });
  if (isolation === 'process') return new ProcessExecutor();
  if (isolation === 'thread') return new ThreadExecutor();
  return new InlineExecutor(async (spec, send) => new WorkerHost({ spec, agents, clock, send }));
}
