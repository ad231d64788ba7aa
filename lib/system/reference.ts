import type { EventObject, Observer } from 'xstate';
import type { Subscription } from '../core/listeners.js';
import type { AskOptions, ReplyTo } from './asks.js';
import type { Exit } from './exit.js';

/** The events of a union that can be asked, as they are handed to `ask`: without the address, which it adds. */
export type Question<Event> = Event extends EventObject
  ? 'replyTo' extends keyof Event
    ? Omit<Event, 'replyTo'>
    : never
  : never;

/** What the event of that type is answered with: an event type says so as `replyTo: ReplyTo<Answer>`. */
export type AnswerTo<Event, Type> = Event extends { readonly type: Type }
  ? 'replyTo' extends keyof Event
    ? NonNullable<Event['replyTo']> extends ReplyTo<infer Answer>
      ? Answer
      : never
    : never
  : never;

/**
 * An actor, for those who deal with it from outside. It holds for the actor's whole life, across restarts.
 */
export interface Reference<Event = EventObject, Snapshot = unknown, Output = unknown, Emitted = EventObject> {
  /** Its address in the system, the same over restarts. */
  readonly id: string;
  /**
   * True, or false when the mailbox is full, the actor gone, or what is sent no event; then it is a dead letter.
   * Never throws.
   */
  send(event: Event): boolean;
  /**
   * Sends an event with a `replyTo` and waits for the chart to `respond`.
   * @throws `Timeout`, `Cancelled`, `MailboxFull`, `HandlerFailed` if it crashed on the question, `ActorStopped`, `ShuttingDown`,
   * `InvalidOption`.
   */
  ask<const Asked extends Question<Event> & { readonly type: string }>(
    event: Asked,
    options: AskOptions,
  ): Promise<AnswerTo<Event, Asked['type']>>;
  /** The state as of now; after the end, the last one. */
  getSnapshot(): Snapshot;
  /** Snapshots from now on, across restarts; `error` or `complete` only when the actor has ended for good. */
  subscribe(observer: Observer<Snapshot> | ((snapshot: Snapshot) => void)): Subscription;
  /** What the logic emits, of that type or all (`'*'`), across restarts. */
  on<Type extends (Emitted extends EventObject ? Emitted['type'] : never) | '*'>(
    type: Type,
    handler: (emitted: Type extends '*' ? Emitted : Extract<Emitted, { readonly type: Type }>) => void,
  ): Subscription;
  /** Works off the mailbox, stops for good, and resolves when that is done. */
  stop(): Promise<void>;
  /** How it ended for good: the exit of the incarnation after which it is not started again. */
  readonly exited: Promise<Exit<Output>>;
}
