import type { EventObject } from 'xstate';

/** How an actor ended: by itself, by a fault, or because it was told to. */
export type Exit<Output = unknown> =
  | {
      readonly type: 'normal';
      /** The output of its final state; undefined where it has none. */
      readonly output: Output;
    }
  | {
      readonly type: 'abnormal';
      /** What was thrown or rejected with. */
      readonly error: unknown;
    }
  | { readonly type: 'stopped' };

/** The exit of whoever was told to stop. */
export const STOPPED: Exit<never> = { type: 'stopped' };

/**
 * Why an event reached nobody: the mailbox was full; it made its actor crash; its actor stopped before its turn;
 * no actor has that id; a proxy refused it; it answers an ask that is over, or that nobody made; what was sent
 * is no event.
 */
export type DeadLetterReason =
  | 'mailbox-full'
  | 'crashed'
  | 'stopped'
  | 'unknown'
  | 'refused'
  | 'unasked'
  | 'malformed';

/** An event that reached nobody. */
export interface ActorDeadLetter {
  /** The id it was sent to. */
  readonly to: string;
  /** A `MalformedEvent` for what is no event. */
  readonly event: EventObject;
  /** Why it reached nobody. */
  readonly reason: DeadLetterReason;
  /** What was thrown, where the event made its actor crash. */
  readonly error?: unknown;
}
