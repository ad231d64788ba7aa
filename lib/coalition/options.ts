import { availableParallelism } from 'node:os';
import type { Broker } from '../brokers/contract.js';
import { type Clock, systemClock } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import { type Ids, systemIds } from '../core/ids.js';
import { defaultLimits, type Limits } from '../core/limits.js';
import { refuseUnknown, wrong } from '../core/parse.js';
import { type Random, systemRandom } from '../core/random.js';
import type { Isolation } from '../executors/contract.js';
import type { SchedulingPolicy } from '../scheduling/contract.js';
import { parsePolicy, SCHEDULE_DEFAULT, type ScheduleName } from '../scheduling/policies.js';
import type { ClaimStore } from '../storage/contract.js';

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
  readonly isolation: Exclude<Isolation, 'ray'>;
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
] as const;
const STORE_METHODS = [
  'append',
  'read',
  'search',
  'count',
  'close',
  'readLease',
  'takeLease',
  'renewLease',
  'releaseLease',
] as const;
const WORKERS_MAX = 1_024;
const CONCURRENCY_MAX = 10_000;

/** Checks options at run time, as JavaScript users have no compiler. @throws `InvalidOption`, `AgentsNotLoaded`. */
export function parseOptions(options: CoalitionOptions): CoalitionSettings {
  refuseUnknown(options, 'the options of createCoalition', OPTIONS);
  const agents = parseAgents(options.agents);
  const ids = options.ids ?? systemIds;
  const isolation = parseIsolation(options.isolation ?? (typeof agents === 'string' ? 'process' : 'inline'));
  if (typeof agents !== 'string' && isolation !== 'inline') throw needsModule(isolation);
  return {
    name: parseName(options.name ?? ids.next('coalition')),
    agents,
    workers: wholeNumber('workers', options.workers ?? availableParallelism(), 1, WORKERS_MAX),
    concurrencyPerWorker: wholeNumber(
      'concurrencyPerWorker',
      options.concurrencyPerWorker ?? 1,
      1,
      CONCURRENCY_MAX,
    ),
    isolation,
    broker: parseBroker(options.broker ?? 'memory'),
    durable: parseDurable(options.durable ?? false),
    policy: parsePolicy(options.schedule ?? SCHEDULE_DEFAULT),
    store: parseStore(options.store ?? 'memory'),
    limits: parseLimits(options.limits ?? {}),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    ids,
  };
}

/** A whole number within bounds, or `InvalidOption` in one line. */
export function wholeNumber(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw wrong(name, `a whole number from ${least} to ${most}`, value);
}

function parseAgents(agents: unknown): string | Readonly<Record<string, unknown>> {
  if (agents instanceof URL) return agents.href;
  if (typeof agents === 'string' && URL.canParse(agents)) return agents;
  if (typeof agents === 'object' && agents !== null) return { ...agents };
  throw wrong(
    'agents',
    "a module such as new URL('./agents.js', import.meta.url), or for 'inline' an object of agents",
    agents,
  );
}

function parseIsolation(isolation: unknown): CoalitionSettings['isolation'] {
  if (isolation === 'inline' || isolation === 'thread' || isolation === 'process') return isolation;
  throw wrong('isolation', "'inline', 'thread' or 'process'", isolation);
}

function parseName(name: unknown): string {
  if (typeof name === 'string' && /^[\w.-]{1,128}$/.test(name)) return name;
  throw wrong('name', '1 to 128 letters, digits, dots, dashes and underscores', name);
}

function parseBroker(broker: unknown): 'memory' | Broker {
  if (broker === 'memory') return broker;
  if (hasMethods(broker, BROKER_METHODS) && 'capabilities' in broker) return broker as unknown as Broker;
  throw wrong('broker', "'memory' or a Broker", broker);
}

/** A value of the user's own that has the methods of a contract. */
function hasMethods<Name extends string>(
  value: unknown,
  names: readonly Name[],
): value is Record<Name, (...args: never[]) => unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === 'function');
}

function parseDurable(durable: unknown): boolean {
  if (typeof durable === 'boolean') return durable;
  throw wrong('durable', 'true or false', durable);
}

function parseStore(store: unknown): string | ClaimStore {
  if (typeof store === 'string') return store; // which word it is, is checked where it is opened
  if (hasMethods(store, STORE_METHODS)) return store as unknown as ClaimStore;
  throw wrong('store', "'memory', 'file:PATH' or a ClaimStore", store);
}

function parseLimits(limits: Partial<Limits>): Limits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(defaultLimits, name))
      throw wrong(`limits.${name}`, `one of ${Object.keys(defaultLimits).join(', ')}`, value);
    wholeNumber(`limits.${name}`, value, 1, Number.MAX_SAFE_INTEGER);
  }
  return { ...defaultLimits, ...limits };
}

function needsModule(isolation: string): ConclaveError {
  return new ConclaveError(
    'AgentsNotLoaded',
    `Agents given as objects run 'inline' alone: a function cannot cross into a ${isolation}. ` +
      "Export them from a module and pass new URL('./agents.js', import.meta.url).",
  );
}
