import type { AnyEventObject, EventObject } from 'xstate';
import { onAbort } from '../core/abort.js';
import type { Clock, Timer } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import { hasMethods, optionsOf, wrong } from '../core/parse.js';
import type { DeadLetterReason } from './exit.js';

declare const answer: unique symbol;

/** The address an answer is sent to: plain text, so that it can be kept in a context and cross into another process. */
export type ReplyTo<Answer = unknown> = string & { readonly [answer]: Answer };

/** How long to wait for an answer. */
export interface AskOptions {
  /** After how long the ask fails with `Timeout`. */
  readonly timeoutMs: number;
  /** Ends the wait early, with `Cancelled`. */
  readonly signal?: AbortSignal;
}

/** An ask that waits: who was asked, and how it ends. */
interface Pending {
  settle(value: AnyEventObject['value']): void;
  fail(error: ConclaveError): void;
}

/** The asks of a system that have no answer yet. Each ends by its answer, its deadline, its signal, or the system's end. */
export class Asks {
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #pending = new Map<string, Pending>();
  #count = 0;

  constructor(clock: Clock, systemId: string) {
    this.#clock = clock;
    this.#prefix = `reply:${systemId}:`;
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** Opens an ask, hands its address to `send`, and waits. A `send` that answers false is expected to have failed it. */
  open<Answer>(to: string, options: AskOptions, send: (replyTo: string) => void): Promise<Answer> {
    this.#count += 1;
    const address = `${this.#prefix}${this.#count}`;
    return new Promise((resolve, reject) => {
      const { timeoutMs, signal } = parseAsk(options);
      const timer = this.#clock.setTimer(() => this.fail(address, timeout(to, timeoutMs)), timeoutMs);
      const abort = () => this.fail(address, cancelled(to));
      const close = this.#closer(address, timer, () => forget?.());
      this.#pending.set(address, {
        settle: (value) => {
          close();
          resolve(value);
        },
        fail: (error) => {
          close();
          reject(error);
        },
      });
      const forget = signal && onAbort(signal, abort);
      if (signal?.aborted === true) abort();
      else send(address);
    });
  }

  /** Whether that address is one of ours, waiting or not. */
  owns(address: string): boolean {
    return address.startsWith(this.#prefix);
  }

  /** Brings an answer; false if nobody waits for it any more. */
  answer(address: string, event: AnyEventObject): boolean {
    const pending = this.#pending.get(address);
    if (pending === undefined) return false;
    pending.settle(event.type === 'conclave.reply' ? event.value : event);
    return true;
  }

  /** Ends the ask whose event came to nothing, if the event was asked. */
  failFor(to: string, event: EventObject, reason: DeadLetterReason, cause: unknown): void {
    if (!('replyTo' in event) || typeof event.replyTo !== 'string') return;
    this.fail(event.replyTo, undelivered(to, reason, cause));
  }

  fail(address: string, error: ConclaveError): void {
    this.#pending.get(address)?.fail(error);
  }

  /** Ends them all. */
  close(): void {
    for (const pending of [...this.#pending.values()]) {
      pending.fail(new ConclaveError('ShuttingDown', 'The system stopped before the answer came.'));
    }
  }

  #closer(address: string, timer: Timer, unlisten: () => void): () => void {
    return () => {
      this.#pending.delete(address);
      timer.cancel();
      unlisten();
    };
  }
}

const OPTIONS = ['timeoutMs', 'signal'] satisfies (keyof AskOptions)[];

function parseAsk(options: AskOptions): AskOptions {
  const given = optionsOf(options, 'the options of ask', OPTIONS);
  const { timeoutMs, signal } = given;
  if (typeof timeoutMs !== 'number' || !(timeoutMs >= 0)) {
    throw wrong('timeoutMs of an ask', 'a number of 0 or more', timeoutMs);
  }
  if (signal !== undefined && !hasMethods('signal of an ask', signal, ['addEventListener'])) {
    throw wrong('signal of an ask', 'an AbortSignal', signal);
  }
  return given;
}

function timeout(to: string, timeoutMs: number): ConclaveError {
  return new ConclaveError(
    'Timeout',
    `'${to}' gave no answer within ${timeoutMs} ms. Does it handle that event, with respond(…), in the state it is in?`,
  );
}

function cancelled(to: string): ConclaveError {
  return new ConclaveError('Cancelled', `The ask of '${to}' was aborted by its signal.`);
}

function undelivered(to: string, reason: DeadLetterReason, cause: unknown): ConclaveError {
  if (reason === 'mailbox-full') {
    return new ConclaveError(
      'MailboxFull',
      `The mailbox of '${to}' is full. Ask again later, or raise mailboxCapacity.`,
    );
  }
  if (reason === 'crashed') {
    return new ConclaveError('HandlerFailed', `'${to}' crashed on the event that asked.`, { cause });
  }
  if (reason === 'malformed') {
    return new ConclaveError(
      'InvalidOption',
      `What '${to}' was asked is no event: an object with a text as type.`,
    );
  }
  return new ConclaveError('ActorStopped', `'${to}' does not run any more, or never did (${reason}).`);
}
