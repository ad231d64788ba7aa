import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { AnyActorLogic } from 'xstate';
import type { ClaimDraft } from '../core/claim-draft.js';
import type { SharedResult } from '../core/frame.js';

/** The shared state as an agent sees it: every result of the stages and loops before its own. */
export interface SharedState {
  /** Every result so far, in the order in which they arrived. */
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
  /**
   * Aborts when the task is not wanted any more or its time is up; a long handler looks at it. The reason is a
   * `ConclaveError`: `Timeout`, or `Cancelled` also at shutdown.
   */
  readonly signal: AbortSignal;
  /** The shared state as of the last stage. */
  readonly state: SharedState;
  /** Adds a claim to the common knowledge base, published once with this task's result; a failed attempt claims nothing. */
  claim(draft: ClaimDraft): void;
  /** Tells whoever listens how far the task is, from 0 to 1. */
  progress(fraction: number): void;
  /**
   * Runs an effect on the outside and records its outcome under `key`: a later try of this task gets the outcome and
   * does not run the effect again, and neither does a second call in this one. An effect that was cut off after it
   * happened and before it was recorded may happen again. One that fails records nothing. Wait for it before you
   * answer: once the task has ended nothing is recorded.
   * @throws `InvalidOption` for a key that is no text of 1 to 256 characters, or (as it rejects) above `onceKeysMax`
   * keys a task. It rejects with what the effect throws, with `NotSerializable` or `MessageTooLarge` for an outcome
   * that cannot cross, and with the reason of the abort when the task is aborted before it is recorded.
   */
  once<Outcome>(key: string, effect: () => Outcome | Promise<Outcome>): Promise<Outcome>;
}

/** The work of an agent: payload in, result out, both plain. What it throws is retried, then dead-lettered. */
export type AgentHandle<Payload = never, Result = unknown> = (
  payload: Payload,
  context: AgentContext,
) => Result | Promise<Result>;

/** Marks what `defineAgent` made, also across two copies of this package. */
export const AGENT = Symbol.for('conclave.agent');

/** An agent as a worker loads it; what payload it takes is between the submitter and its handler or logic. */
export type LoadedAgent = {
  readonly [AGENT]: true;
  /** 1 to 256 characters. */
  readonly name: string;
  /** Checks the payload where it is submitted, and again where it runs. */
  readonly input?: StandardSchemaV1;
  /** How long one try may take. */
  readonly timeoutMs?: number;
} & (
  | {
      /** Called for each task. */
      readonly handle: AgentHandle;
      /** Nothing beside a handler. */
      readonly logic?: never;
    }
  | {
      /** Run to its final state: the payload is its input, the result its output. */
      readonly logic: AnyActorLogic;
      /** Nothing beside a logic. */
      readonly handle?: never;
    }
);

/** Whether an export of a module is an agent. */
export function isAgent(value: unknown): value is LoadedAgent {
  return typeof value === 'object' && value !== null && AGENT in value;
}
