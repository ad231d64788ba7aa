import { availableParallelism } from 'node:os';
import { fileOf, isShared, parseBroker, schemeOf } from '../brokers/broker-word.js';
import type { Broker } from '../brokers/contract.js';
import { parseAdapters } from '../core/adapters.js';
import type { Clock } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import type { Ids } from '../core/ids.js';
import { type Limits, parseLimits } from '../core/limits.js';
import { optionsOf, readable, wholeNumber, wrong } from '../core/parse.js';
import type { Random } from '../core/random.js';
import type { Isolation } from '../executors/contract.js';
import { parseRayOptions, type RayOptions } from '../executors/ray-options.js';
import type { SchedulingPolicy } from '../scheduling/contract.js';
import { parsePolicy, SCHEDULE_DEFAULT, type ScheduleName } from '../scheduling/policies.js';
import type { ClaimStore } from '../storage/contract.js';
import { isClaimStore } from '../storage/open.js';

/** How a coalition is made. Only `agents` must be given. */
export interface CoalitionOptions {
  /**
   * Whose queues they are on a broker that outlives this process, and the name of the lease. Default: one of its own;
   * on 'file:work.db' the file's, 'work.db'. A shared broker needs one.
   */
  readonly name?: string;
  /** A compiled module that exports agents; for 'inline' the agents themselves will do. */
  readonly agents: URL | string | Readonly<Record<string, unknown>>;
  /** Default: as many as the machine runs at once; 0 leaves the work to other pools, on a shared broker. */
  readonly workers?: number;
  /** Tasks a worker runs at once (default 1). */
  readonly concurrencyPerWorker?: number;
  /** Default 'process'; 'inline' for agents that are no module. */
  readonly isolation?: Isolation;
  /** Of isolation 'ray': which Ray, and what each worker asks of it. */
  readonly ray?: RayOptions;
  /** 'memory' (default), 'file:work.db', 'redis://host:6379', 'rediss://…', 'ray://local', or a broker. */
  readonly broker?: string | Broker;
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
  readonly broker: string | Broker;
  /** Its name was made for it alone: nobody will come back for what it would leave on the broker. */
  readonly isOneOff: boolean;
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
const WORKERS_MAX = 1_024;
const CONCURRENCY_MAX = 10_000;
const NAME_LENGTH_MAX = 128;

/**
 * Checks options at run time, as JavaScript users have no compiler. Without a `name` the coalition is called
 * `oneOffName`, where that is given.
 * @throws `InvalidOption`, `AgentsNotLoaded`.
 */
export function parseOptions(options: CoalitionOptions, oneOffName?: string): CoalitionSettings {
  const given = optionsOf(options, 'the options of createCoalition', OPTIONS);
  const agents = parseAgents(given.agents);
  const adapters = parseAdapters(given);
  const { isolation = typeof agents === 'string' ? 'process' : 'inline' } = given;
  const { workers = availableParallelism(), concurrencyPerWorker = 1 } = given;
  const broker = parseBroker(given.broker);
  const lastingName = oneOffName === undefined ? defaultName(broker, given.name) : given.name;
  const isOneOff = lastingName === undefined;
  return {
    name: parseName(isOneOff ? (oneOffName ?? adapters.ids.next('coalition')) : lastingName),
    isOneOff,
    agents,
    workers: wholeNumber('workers', workers, isShared(broker) ? 0 : 1, WORKERS_MAX),
    concurrencyPerWorker: wholeNumber('concurrencyPerWorker', concurrencyPerWorker, 1, CONCURRENCY_MAX),
    isolation: parseIsolation(isolation, agents),
    ray: parseRay(given.ray),
    broker,
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
  const isName = typeof name === 'string' && /^[\w.-]+$/.test(name) && name.length <= NAME_LENGTH_MAX;
  if (isName) return name;
  throw wrong('name', `1 to ${NAME_LENGTH_MAX} letters, digits, dots, dashes and underscores`, name);
}

/**
 * What is left on a broker that outlives this process is found again by the coalition's name alone. A file has one
 * owner at a time, so its own name will do; elsewhere two strangers would share their tasks.
 * @throws `InvalidOption`.
 */
function defaultName(broker: string | Broker, given: string | undefined): string | undefined {
  if (given !== undefined) return given;
  if (isShared(broker) || (typeof broker !== 'string' && broker.capabilities.durable))
    throw needsName(broker);
  const file = typeof broker === 'string' ? fileOf(broker) : undefined;
  const base = file?.split(/[/\\]/).at(-1) ?? '';
  return base.replaceAll(/[^\w.-]/g, '-').slice(0, NAME_LENGTH_MAX) || undefined;
}

function needsName(broker: string | Broker): ConclaveError {
  const word = typeof broker === 'string' ? schemeOf(broker) : broker.name;
  return new ConclaveError(
    'InvalidOption',
    `name must be given on the broker ${word}: what is queued there outlives this process, and by its name a ` +
      "coalition finds it again, and no other does. Pass name: 'research', say.",
  );
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
