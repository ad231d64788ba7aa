import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { AnyActorLogic } from 'xstate';
import type { Backoff } from '../core/backoff.js';
import { copyOf } from '../core/parse.js';
import type { Plain } from '../core/value.js';
import type { Isolation } from '../executors/contract.js';
import { AGENT, type AgentHandle, type SharedState } from '../host/contract.js';
import type { RateLimit } from './agent-plan.js';

/** What `runQuery` hands every agent. */
export interface QueryPayload<Query = Plain> {
  /** What `runQuery` was asked. */
  readonly query: Query;
  /** From 1. */
  readonly loop: number;
}

/** What any agent may say of itself. */
export interface AgentSettings<Name extends string> {
  /** 1 to 256 characters; the only agent of a coalition called so. */
  readonly name: Name;
  /** Agents whose stage comes before this one's in each loop of `runQuery`. */
  readonly after?: readonly string[];
  /** Tries before a task is a dead letter: 1 to 1,000 (default `limits.attempts`, 5). */
  readonly attempts?: number;
  /** The wait between tries (default: doubling from 100 ms). */
  readonly backoff?: Backoff;
  /**
   * How long one try may take, up to a year (default: as long as it likes). Then `context.signal` aborts and the try has
   * failed with `Timeout`; a handler that goes on for `limits.abortGraceMs` loses its worker.
   */
  readonly timeoutMs?: number;
  /** At most `max` tasks (1 to 1,000,000) begin in any `periodMs` (1 ms to a day), over all workers (default: no limit). */
  readonly limit?: RateLimit;
  /** At most so many of its tasks run at once, over all workers: 1 to 1,000,000 (default: as many as there is room for). */
  readonly concurrency?: number;
}

/** An agent as a function: its payload is whatever its handler says it takes. */
export interface AgentOptions<Name extends string, Payload, Result> extends AgentSettings<Name> {
  /** The work: what it throws is tried again, then dead-lettered. */
  readonly handle: AgentHandle<Payload, Result>;
  /** Nothing: a schema makes it a `CheckedAgent`. */
  readonly input?: never;
  /** Nothing: an agent has one thing to do. */
  readonly logic?: never;
}

/** An agent as a function of payloads that a schema has checked: it is submitted the schema's input, and handles its output. */
export interface CheckedAgentOptions<Name extends string, Schema extends StandardSchemaV1, Result>
  extends AgentSettings<Name> {
  /** Of any library that keeps to Standard Schema; asked where a task is submitted, and again where it runs. */
  readonly input: Schema;
  /** The work: what it throws is tried again, then dead-lettered. */
  readonly handle: AgentHandle<StandardSchemaV1.InferOutput<Schema>, Result>;
  /** Nothing: an agent has one thing to do. */
  readonly logic?: never;
}

/** An agent as an XState logic, run to its final state for each task: the payload is its input, the result its output. */
export interface LogicAgentOptions<Name extends string, Logic extends AnyActorLogic>
  extends AgentSettings<Name> {
  /** A machine, or what `fromPromise` and the like make; one that never ends by itself needs a `timeoutMs`. */
  readonly logic: Logic;
  /** Nothing: an agent has one thing to do. */
  readonly handle?: never;
  /** Nothing: what a logic takes is its own affair. */
  readonly input?: never;
}

/** An agent, ready to be exported from an agents module. */
export interface Agent<Name extends string = string, Payload = never, Result = unknown>
  extends AgentOptions<Name, Payload, Result> {
  readonly [AGENT]: true;
}

/** An agent whose payloads a schema checks. */
export interface CheckedAgent<Name extends string, Schema extends StandardSchemaV1, Result>
  extends CheckedAgentOptions<Name, Schema, Result> {
  readonly [AGENT]: true;
}

/** An agent that is an XState logic. */
export interface LogicAgent<Name extends string, Logic extends AnyActorLogic>
  extends LogicAgentOptions<Name, Logic> {
  readonly [AGENT]: true;
}

/**
 * Declares an agent that any worker can run: a named function over plain values, the same with a schema for its
 * payloads, or an XState logic. What it says of itself is checked when a coalition is created (`InvalidOption`).
 * @throws `InvalidOption` for what is no object.
 */
export function defineAgent<const Name extends string, Schema extends StandardSchemaV1, Result>(
  options: CheckedAgentOptions<Name, Schema, Result>,
): CheckedAgent<Name, Schema, Result>;
export function defineAgent<const Name extends string, Logic extends AnyActorLogic>(
  options: LogicAgentOptions<Name, Logic>,
): LogicAgent<Name, Logic>;
export function defineAgent<const Name extends string, Payload, Result>(
  options: AgentOptions<Name, Payload, Result>,
): Agent<Name, Payload, Result>;
export function defineAgent<Options extends object>(options: Options): Options & { readonly [AGENT]: true } {
  return { ...copyOf(options, 'what defineAgent takes'), [AGENT]: true };
}

/** What the person asked for on the command line of `conclave run`. */
export interface RunRequest {
  /** What was given by `--query`. */
  readonly query: string;
  /** The folder given by `--docs`, as an absolute path. */
  readonly docs: string | undefined;
  /** The language model named by `--model`. */
  readonly model?: string | undefined;
}

/** A coalition that `conclave run` can run. */
export interface CoalitionDefinition {
  /** What a run is called, with an ending of its own. */
  readonly name: string;
  /** The compiled module that exports the agents; a function where the request decides which. */
  readonly agents: URL | ((request: RunRequest) => URL);
  /** Where `--workers` says nothing else (default: as many as the machine runs at once). */
  readonly workers?: number;
  /** Where `--isolation` says nothing else (default 'process'). */
  readonly isolation?: Isolation;
  /** Where `--loops` says nothing else (default 1). */
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
