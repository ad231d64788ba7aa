import { availableParallelism } from 'node:os';
import type { Broker } from '../brokers/contract.js';
import { parseAdapters } from '../core/adapters.js';
import type { Clock } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import type { Ids } from '../core/ids.js';
import { type Limits, parseLimits } from '../core/limits.js';
import { hasMethods, optionsOf, readable, wholeNumber, wrong } from '../core/parse.js';
import type { Random } from '../core/random.js';
import type { Isolation } from '../executors/contract.js';
import { parseRayOptions, type RayOptions } from '../executors/ray-options.js';
import type { SchedulingPolicy } from '../scheduling/contract.js';
import { parsePolicy, SCHEDULE_DEFAULT, type ScheduleName } from '../scheduling/policies.js';
import type { ClaimStore } from '../storage/contract.js';
import { isClaimStore } from '../storage/open.js';

/** How a coalition is made. Only `agents` must be given. */
export interface CoalitionOptions {
  /** The tenant on a shared broker and the name of its lease (default: one of its own). */
  readonly name?: string;
  /** A compiled module that exports agents; for 'inline' the agents themselves will do. */
  readonly agents: URL | string | Readonly<Record<string, unknown>>;
  /** Default: as many as the machine runs at once. */
  readonly workers?: number;
  /** Tasks a worker runs at once (default 1). */
  readonly concurrencyPerWorker?: number;
  /** Default 'process'; 'inline' for agents that are no module. */
  readonly isolation?: Isolation;
  /** Of isolation 'ray': which Ray, and what each worker asks of it. */
  readonly ray?: RayOptions;
  /** Default 'memory'. */
  readonly broker?: 'memory' | Broker;
  /** True demands that accepted tasks survive this process; refused where the broker cannot promise it. */
  readonly durable?: boolean;
  /** Which worker gets a task: a word, or a policy, made by `workStealing({ … })`, say, or one's own (default 'work-stealing'). */
  readonly schedule?: ScheduleName | SchedulingPolicy;
  /** 'memory' (default), 'file:claims.db' or a store. */
  readonly store?: string | ClaimStore;
  /** Bounds other than those of `defaultLimits`. */
  readonly limits?: Partial<Limits>;
  /** What every duration and deadline is measured with (default: the machine's). */
  readonly clock?: Clock;
  /** Where chance comes from (default: the machine's). */
  readonly random?: Random;
  /** Where names of sessions come from (default: random ones). */
  readonly ids?: Ids;
}

/** Options as they are in force. */
export interface CoalitionSettings {
  readonly name: string;
  readonly agents: string | Readonly<Record<string, unknown>>;
  readonly workers: number;
  readonly concurrencyPerWorker: number;
  readonly isolation: Isolation;
  readonly ray: RayOptions;
  readonly broker: 'memory' | Broker;
  readonly durable: boolean;
  readonly policy: SchedulingPolicy;
  readonly store: string | ClaimStore;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}

const OPTIONS: readonly string[] = [
  'name',
  'agents',
  'workers',
  'concurrencyPerWorker',
  'isolation',
  'ray',
  'broker',
  'durable',
  'schedule',
  'store',
  'limits',
  'clock',
  'random',
  'ids',
] satisfies (keyof CoalitionOptions)[];
const BROKER_METHODS = [
  'publish',
  'receive',
  'ack',
  'extend',
  'nack',
  'deadLetters',
  'depth',
  'close',
] satisfies (keyof Broker)[];
const WORKERS_MAX = 1_024;
const CONCURRENCY_MAX = 10_000;

/** Checks options at run time, as JavaScript users have no compiler. @throws `InvalidOption`, `AgentsNotLoaded`. */
export function parseOptions(options: CoalitionOptions): CoalitionSettings {
  const given = optionsOf(options, 'the options of createCoalition', OPTIONS);
  const agents = parseAgents(given.agents);
  const adapters = parseAdapters(given);
  const { isolation = typeof agents === 'string' ? 'process' : 'inline' } = given;
  const { workers = availableParallelism(), concurrencyPerWorker = 1 } = given;
  return {
    name: parseName(given.name === undefined ? adapters.ids.next('coalition') : given.name),
    agents,
    workers: wholeNumber('workers', workers, 1, WORKERS_MAX),
    concurrencyPerWorker: wholeNumber('concurrencyPerWorker', concurrencyPerWorker, 1, CONCURRENCY_MAX),
    isolation: parseIsolation(isolation, agents),
    ray: parseRay(given.ray),
    broker: parseBroker(given.broker),
    durable: parseDurable(given.durable),
    policy: parsePolicy(given.schedule === undefined ? SCHEDULE_DEFAULT : given.schedule),
    store: parseStore(given.store),
    limits: parseLimits(given.limits),
    ...adapters,
  };
}

function parseAgents(agents: unknown): string | Readonly<Record<string, unknown>> {
  if (typeof agents === 'string' && URL.canParse(agents)) return agents;
  if (typeof agents === 'object' && agents !== null) {
    return readable('agents', () => (agents instanceof URL ? agents.href : { ...agents }));
  }
  throw wrong(
    'agents',
    "a module such as new URL('./agents.js', import.meta.url), or for 'inline' an object of agents",
    agents,
  );
}

function parseIsolation(isolation: unknown, agents: CoalitionSettings['agents']): Isolation {
  if (!isIsolation(isolation)) throw wrong('isolation', "'inline', 'thread', 'process' or 'ray'", isolation);
  if (typeof agents !== 'string' && isolation !== 'inline') throw needsModule(isolation);
  return isolation;
}

function isIsolation(value: unknown): value is Isolation {
  return value === 'inline' || value === 'thread' || value === 'process' || value === 'ray';
}

/** As they were given, once they have been checked: it is the executor that reads them. */
function parseRay(ray: RayOptions = {}): RayOptions {
  parseRayOptions(ray);
  return ray;
}

function parseName(name: unknown): string {
  if (typeof name === 'string' && /^[\w.-]{1,128}$/.test(name)) return name;
  throw wrong('name', '1 to 128 letters, digits, dots, dashes and underscores', name);
}

function parseBroker(broker: CoalitionOptions['broker'] = 'memory'): 'memory' | Broker {
  if (broker === 'memory') return broker;
  if (hasMethods('broker', broker, BROKER_METHODS) && isObject(broker.capabilities)) return broker;
  throw wrong('broker', "'memory' or a Broker", broker);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function parseDurable(durable: unknown = false): boolean {
  if (typeof durable === 'boolean') return durable;
  throw wrong('durable', 'true or false', durable);
}

function parseStore(store: CoalitionOptions['store'] = 'memory'): string | ClaimStore {
  // Which word it is, is checked where it is opened.
  if (typeof store === 'string' || isClaimStore(store)) return store;
  throw wrong('store', "'memory', 'file:PATH' or a ClaimStore", store);
}

function needsModule(isolation: string): ConclaveError {
  return new ConclaveError(
    'AgentsNotLoaded',
    `Agents given as objects run 'inline' alone: a function cannot cross into a ${isolation === 'ray' ? 'worker on Ray' : isolation}. ` +
      "Export them from a module and pass new URL('./agents.js', import.meta.url).",
  );
}
