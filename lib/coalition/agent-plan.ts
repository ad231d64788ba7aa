import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type Backoff, defaultBackoff, isPlainBackoff } from '../core/backoff.js';
import { ConclaveError } from '../core/errors.js';
import type { AgentTable } from '../host/agents-module.js';
import type { LoadedAgent } from '../host/contract.js';
import { wholeNumber } from './options.js';

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

/** So many in any window of so long. */
export interface RateLimit {
  readonly max: number;
  readonly periodMs: number;
}

const ATTEMPTS_MAX = 1_000;

/** Reads what each agent says of itself. @throws `InvalidOption` naming the agent and the field. */
export function planAgents(agents: AgentTable, attemptsDefault: number): ReadonlyMap<string, AgentPlan> {
  return new Map([...agents].map(([name, agent]) => [name, planAgent(agent, attemptsDefault)]));
}

function planAgent(agent: LoadedAgent, attemptsDefault: number): AgentPlan {
  const { name } = agent;
  const given: LoadedAgent & { after?: unknown; attempts?: unknown; backoff?: unknown } = agent;
  return {
    name,
    after: parseAfter(name, given.after ?? []),
    attempts: wholeNumber(`attempts of agent "${name}"`, given.attempts ?? attemptsDefault, 1, ATTEMPTS_MAX),
    backoff: parseBackoff(name, given.backoff ?? defaultBackoff),
    timeoutMs: undefined,
    limit: undefined,
    concurrency: undefined,
    input: agent.input,
  };
}

function parseAfter(name: string, after: unknown): readonly string[] {
  if (Array.isArray(after) && after.every((other) => typeof other === 'string')) return after;
  throw new ConclaveError('InvalidOption', `after of agent "${name}" must be a list of agents' names.`);
}

function parseBackoff(name: string, backoff: unknown): Backoff {
  if (typeof backoff === 'function') return (attempt) => Number(backoff(attempt));
  if (isPlainBackoff(backoff)) return backoff;
  throw new ConclaveError(
    'InvalidOption',
    `backoff of agent "${name}" must be { type: 'fixed', delayMs }, ` +
      "{ type: 'exponential', delayMs, delayMsMax, jitter } or a function of the attempt.",
  );
}
