import type { Backoff } from '../core/backoff.js';
import type { Plain } from '../core/value.js';
import type { Isolation } from '../executors/contract.js';
import { AGENT, type AgentHandle, type SharedState } from '../host/contract.js';

/** What `runQuery` hands every agent. */
export interface QueryPayload<Query = Plain> {
  readonly query: Query;
  /** From 1. */
  readonly loop: number;
}

/** How an agent is declared. */
export interface AgentOptions<Name extends string, Payload, Result> {
  readonly name: Name;
  readonly handle: AgentHandle<Payload, Result>;
  /** Agents whose stage comes before this one's in each loop of `runQuery`. */
  readonly after?: readonly string[];
  /** Tries before a task is a dead letter (default 5). */
  readonly attempts?: number;
  /** The wait between tries (default: doubling from 100 ms). */
  readonly backoff?: Backoff;
}

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

/** What the person asked for on the command line of `conclave run`. */
export interface RunRequest {
  readonly query: string;
  /** The folder given by `--docs`, as an absolute path. */
  readonly docs: string | undefined;
  /** The language model named by `--model`. */
  readonly model?: string | undefined;
}

/** A coalition that `conclave run` can run. */
export interface CoalitionDefinition {
  readonly name: string;
  /** The compiled module that exports the agents; a function where the request decides which. */
  readonly agents: URL | ((request: RunRequest) => URL);
  readonly workers?: number;
  readonly isolation?: Isolation;
  readonly loops?: number;
  /** Checks the request and turns it into the query every agent gets; throws `InvalidOption` to refuse it. */
  readonly prepare?: (request: RunRequest) => Plain | Promise<Plain>;
  /** Puts what was found in words; without it the answer is the last result as JSON. */
  readonly answer?: (state: SharedState, query: Plain) => string;
  /** What went wrong though every task was done, such as a service that did not answer: told, and the command exits 1. */
  readonly failures?: (state: SharedState, query: Plain) => readonly string[];
}

/** Declares a coalition for `conclave run FILE`: the module's default export. */
export function defineCoalition(definition: CoalitionDefinition): CoalitionDefinition {
  return definition;
}
