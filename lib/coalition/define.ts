import type { ClaimDraft, SharedResult } from '../core/frame.js';
import type { Plain } from '../core/value.js';
import type { Isolation } from '../executors/contract.js';
import type { Backoff } from '../supervision/backoff.js';

/** The shared state as an agent sees it: every result of the stages and loops before its own. */
export interface SharedState {
  readonly results: readonly SharedResult[];
  /** What that agent answered most recently; undefined if it has not answered yet. */
  latest(agent: string): unknown;
}

/** What a handler is given beside its payload. */
export interface AgentContext {
  /** The task's id: the same on every attempt. */
  readonly id: string;
  /** 1 on the first try. */
  readonly attempt: number;
  /** The leadership under which the task was given out. */
  readonly epoch: number;
  /** Aborts on timeout, cancel, lease loss and shutdown; a long handler looks at it. */
  readonly signal: AbortSignal;
  /** The shared state as of the last stage. */
  readonly state: SharedState;
  /** Adds a claim to the common knowledge base, published once with this task's result; a failed attempt claims nothing. */
  claim(draft: ClaimDraft): void;
  /** Tells whoever listens how far the task is, from 0 to 1. */
  progress(fraction: number): void;
}

/** What `runQuery` hands every agent. */
export interface QueryPayload<Query = Plain> {
  readonly query: Query;
  /** From 1. */
  readonly loop: number;
}

/** How an agent is declared. */
export interface AgentOptions<Name extends string, Payload, Result> {
  readonly name: Name;
  /** The work: payload in, result out, both plain. What it throws is retried, then dead-lettered. */
  readonly handle: (payload: Payload, context: AgentContext) => Result | Promise<Result>;
  /** Agents whose stage comes before this one's in each loop of `runQuery`. */
  readonly after?: readonly string[];
  /** Tries before a task is a dead letter (default 5). */
  readonly attempts?: number;
  /** The wait between tries (default: doubling from 100 ms). */
  readonly backoff?: Backoff;
}

const AGENT = Symbol.for('conclave.agent');

/** An agent, ready to be exported from an agents module. */
export interface Agent<Name extends string = string, Payload = never, Result = unknown>
  extends AgentOptions<Name, Payload, Result> {
  readonly [AGENT]: true;
}

/** Declares an agent: a named function over plain values that any worker can run. */
export function defineAgent<const Name extends string, Payload, Result>(
  options: AgentOptions<Name, Payload, Result>,
): Agent<Name, Payload, Result> {
  return { ...options, [AGENT]: true };
}

/** Whether an export of a module is an agent. */
export function isAgent(value: unknown): value is Agent {
  return typeof value === 'object' && value !== null && AGENT in value;
}

/** What the person asked for on the command line of `conclave run`. */
export interface RunRequest {
  readonly query: string;
  /** The folder given by `--docs`, as an absolute path. */
  readonly docs: string | undefined;
}

/** A coalition that `conclave run` can run. */
export interface CoalitionDefinition {
  readonly name: string;
  /** The compiled module that exports the agents. */
  readonly agents: URL;
  readonly workers?: number;
  readonly isolation?: Isolation;
  readonly loops?: number;
  /** Checks the request and turns it into the query every agent gets; throws `InvalidOption` to refuse it. */
  readonly prepare?: (request: RunRequest) => Plain | Promise<Plain>;
  /** Puts what was found in words; without it the answer is the last result as JSON. */
  readonly answer?: (state: SharedState, query: Plain) => string;
}

/** Declares a coalition for `conclave run FILE`: the module's default export. */
export function defineCoalition(definition: CoalitionDefinition): CoalitionDefinition {
  return definition;
}
