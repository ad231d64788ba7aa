import type { AnyActorLogic, EventObject, InputFrom } from 'xstate';
import type { Backoff } from '../core/backoff.js';
import type { Clock } from '../core/clock.js';
import type { Ids } from '../core/ids.js';
import type { Random } from '../core/random.js';
import type { RestartType } from '../supervision/child.js';
import type { StrategyName, SupervisionStrategy } from '../supervision/strategy.js';
import type { Inspect } from './engine.js';

/** How a supervisor supervises. */
export interface SupervisionOptions {
  /** Whom a failure takes along (default `one_for_one`: nobody). */
  readonly strategy?: StrategyName | SupervisionStrategy;
  /** Restarts allowed within `periodMs`; one more and the supervisor gives up (default 1, as in OTP). */
  readonly intensity?: number;
  /** Default 5,000. */
  readonly periodMs?: number;
  /** The wait before a restart (default: none). */
  readonly backoff?: Backoff;
}

/** What a system is made of; each part has its production default. */
export interface SystemOptions extends SupervisionOptions {
  /** xstate's: an observer of everything that happens, such as Stately's inspector. */
  readonly inspect?: Inspect;
  /**
   * Whether charts that are spawned run from tables (`compileChart`), many times as fast and otherwise the same; default
   * true. What charts invoke or spawn themselves runs as it was given.
   */
  readonly compile?: boolean;
  /** What delays, deadlines and restarts are measured with (default: the machine's). */
  readonly clock?: Clock;
  /** Where ids come from that nobody chose (default: random ones). */
  readonly ids?: Ids;
  /** The jitter of backoffs (default: the machine's). */
  readonly random?: Random;
  /** Senders' events that a mailbox holds (default 10,000). */
  readonly mailboxCapacity?: number;
  /** Dead letters kept, the oldest going first (default 10,000). */
  readonly deadLettersMax?: number;
  /** Where crashes, dead letters and errors of listeners are told (default: standard error). */
  readonly log?: (line: string) => void;
}

/** How a nested supervisor stands with its own. */
export interface NestedSupervisorOptions extends SupervisionOptions {
  /** Whether it, with all its children, is started again after it gave up (default `transient`). */
  readonly restart?: RestartType;
}

/** How an actor is run. */
export interface SpawnOptions<Logic extends AnyActorLogic = AnyActorLogic> {
  /** Its address; made up where it is left out. */
  readonly id?: string;
  /** When it is started again (default `transient`: after a fault, not after it has ended by itself). */
  readonly restart?: RestartType;
  /** Senders' events that its mailbox holds. */
  readonly mailboxCapacity?: number;
  /** The input of the logic. */
  readonly input?: InputFrom<Logic>;
  /** Told when it is to stop, after its mailbox: it then has `shutdownMs` to reach a final state. */
  readonly stopEvent?: EventObject;
  /** Default 5,000. */
  readonly shutdownMs?: number;
  /** Whoever started it waits for `exited` and tells of its end: a crash is not written to the log as well. */
  readonly awaited?: boolean;
}

/** What `spawn` takes after the logic: options, which may be left out unless the logic needs an input. */
export type SpawnArguments<Logic extends AnyActorLogic> =
  undefined extends InputFrom<Logic>
    ? [options?: SpawnOptions<Logic>]
    : [options: SpawnOptions<Logic> & { readonly input: InputFrom<Logic> }];
