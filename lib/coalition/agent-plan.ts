import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type Backoff, defaultBackoff, isPlainBackoff } from '../core/backoff.js';
import { ConclaveError } from '../core/errors.js';
import {
  type Fields,
  optionalWhole,
  optionsOf,
  readable,
  record,
  wholeNumber,
  wrong,
} from '../core/parse.js';
import type { AgentTable } from '../host/agents-module.js';
import type { LoadedAgent } from '../host/contract.js';

/** What the coordinator's side knows of an agent: when it runs and how it is tried again. */
export interface AgentPlan {
  readonly name: string;
  readonly after: readonly string[];
  readonly attempts: number;
  readonly backoff: Backoff;
  /** How long one try may take; undefined: as long as it likes. */
  readonly timeoutMs: number | undefined;
  /** At most `max` of its tasks begin in any `periodMs`. */
  readonly limit: RateLimit | undefined;
  /** At most so many of its tasks run at once, over all workers. */
  readonly concurrency: number | undefined;
  /** What a payload is checked with. */
  readonly input: StandardSchemaV1 | undefined;
}

/** At most `max` tasks in any `periodMs`. */
export interface RateLimit {
  /** Tasks that may begin in a period: 1 to 1,000,000. */
  readonly max: number;
  /** 1 ms to a day. */
  readonly periodMs: number;
}

/** Tries that an agent or a task can ask for. */
export const ATTEMPTS_MAX = 1_000;
/** How long a try can be allowed to take: a year. */
export const TIMEOUT_MS_MAX = 31_536_000_000;
/** A day: what was begun within a period is remembered. */
const PERIOD_MS_MAX = 86_400_000;
const COUNT_MAX = 1_000_000;

const SETTINGS: readonly string[] = [
  'name',
  'handle',
  'logic',
  'input',
  'after',
  'attempts',
  'backoff',
  'timeoutMs',
  'limit',
  'concurrency',
];

/** Reads what each agent says of itself. @throws `InvalidOption` naming the agent and the field. */
export function planAgents(agents: AgentTable, attemptsDefault: number): ReadonlyMap<string, AgentPlan> {
  return new Map([...agents].map(([name, agent]) => [name, planAgent(agent, attemptsDefault)]));
}

function planAgent(agent: LoadedAgent, attemptsDefault: number): AgentPlan {
  const { name, input } = agent;
  const given: Fields = { ...agent };
  refuseUnknown(name, given);
  return {
    name,
    after: parseAfter(name, given.after),
    attempts: optionalWhole(fieldOf(name, 'attempts'), given.attempts, 1, ATTEMPTS_MAX) ?? attemptsDefault,
    backoff: parseBackoff(name, given.backoff),
    timeoutMs: optionalWhole(fieldOf(name, 'timeoutMs'), given.timeoutMs, 1, TIMEOUT_MS_MAX),
    limit: given.limit === undefined ? undefined : parseLimit(name, given.limit),
    concurrency: optionalWhole(fieldOf(name, 'concurrency'), given.concurrency, 1, COUNT_MAX),
    input,
  };
}

function refuseUnknown(name: string, given: Fields): void {
  const unknown = Object.keys(given).find((field) => !SETTINGS.includes(field));
  if (unknown === undefined) return;
  throw new ConclaveError(
    'InvalidOption',
    `Agent "${name}" has "${unknown}", which no agent has; there are ${SETTINGS.join(', ')}.`,
  );
}

function parseAfter(name: string, after: unknown = []): readonly string[] {
  const path = fieldOf(name, 'after');
  const names: unknown[] = readable(path, () => (Array.isArray(after) ? [...after] : [undefined]));
  if (names.every((other) => typeof other === 'string')) return names;
  throw wrong(path, "a list of agents' names", after);
}

function parseLimit(name: string, limit: unknown): RateLimit {
  const path = fieldOf(name, 'limit');
  const { max, periodMs } = optionsOf(record(limit, path), path, ['max', 'periodMs']);
  return {
    max: wholeNumber(fieldOf(name, 'limit.max'), max, 1, COUNT_MAX),
    periodMs: wholeNumber(fieldOf(name, 'limit.periodMs'), periodMs, 1, PERIOD_MS_MAX),
  };
}

function parseBackoff(name: string, backoff: unknown = defaultBackoff): Backoff {
  if (typeof backoff === 'function') return (attempt) => delayOf(name, backoff(attempt));
  if (isPlainBackoff(backoff)) return backoff;
  throw new ConclaveError(
    'InvalidOption',
    `backoff of agent "${name}" must be { type: 'fixed', delayMs }, ` +
      "{ type: 'exponential', delayMs, delayMsMax, jitter } or a function of the attempt.",
  );
}

/** What a function of the user's answers is known only when it is asked. */
function delayOf(name: string, delayMs: unknown): number {
  if (typeof delayMs === 'number' && delayMs >= 0 && Number.isFinite(delayMs)) return delayMs;
  throw wrong(`what backoff of agent "${name}" answers`, 'a number of milliseconds from 0', delayMs);
}

function fieldOf(name: string, field: string): string {
  return `${field} of agent "${name}"`;
}
