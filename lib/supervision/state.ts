import type { ChildSpec } from './child.js';
import type { RestartLimit } from './intensity.js';

/**
 * Where a child stands with its supervisor. `stopping`: it goes down because a sibling failed, and comes back;
 * `down`: waits until those are gone; `leaving`: goes for good, as somebody asked for it.
 */
export type ChildPhase = 'starting' | 'running' | 'stopping' | 'down' | 'leaving';

/** A child as its supervisor sees it. */
export interface SupervisedChild extends ChildSpec {
  readonly phase: ChildPhase;
  /** Restarts in a row: 0 on the first start, and again once it has run for longer than the period. */
  readonly attempt: number;
  readonly startedAtMs: number;
}

/** What a supervisor is given. */
export interface SupervisorInput extends RestartLimit {
  readonly id: string;
}

/** What a supervisor knows; plain data. */
export interface SupervisorState extends SupervisorInput {
  /** In start order. */
  readonly children: readonly SupervisedChild[];
  /** Times of the restarts that still count. */
  readonly restarts: readonly number[];
  /** Ids still to go down, in order; the first of them has been told. */
  readonly stopping: readonly string[];
  /** It gave up: more restarts than it puts up with. */
  readonly escalated: boolean;
}

/** What the shell of a supervisor must do. */
export type SupervisorEffect =
  /** Start it, after a backoff if `attempt` is above 0; then say `child.started`, or `child.exited` if it could not. */
  | { readonly type: 'startChild'; readonly params: { readonly id: string; readonly attempt: number } }
  /** Drain and stop it, or give up a start that waits; then say `child.exited`. Telling it twice does no harm. */
  | { readonly type: 'stopChild'; readonly params: { readonly id: string } }
  /** It will not be started again: let go of it. */
  | { readonly type: 'retireChild'; readonly params: { readonly id: string } }
  /** This child's failure was one too many. */
  | { readonly type: 'escalate'; readonly params: { readonly id: string; readonly restarts: number } };

/** What the rules make of an event: the state after it, and what the shell must do, in order. */
export interface SupervisorStep {
  readonly state: SupervisorState;
  readonly effects: readonly SupervisorEffect[];
}
