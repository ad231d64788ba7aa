import type { AnyEventObject, EventObject } from 'xstate';
import { onAbort } from '../core/abort.js';
import type { Clock } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import { hasMethods, optionsOf, wrong } from '../core/parse.js';
import type { DeadLetterReason } from './exit.js';
import { Deadline, TimerWheel } from './timer-wheel.js';

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

const nobody = () => undefined;

/** A question that was asked: where its answer is to go, and the promise of it. */
export class Ask extends Deadline {
  /** Its place in the table; negative while it has none. */
  index = -1;
  /** Where the answer goes; empty for one that was over before it was sent. */
  address = '';
  readonly to: string;
  readonly promise: Promise<AnyEventObject['answer']>;
  resolve: (answer: AnyEventObject['answer']) => void = nobody;
  reject: (error: unknown) => void = nobody;
  /** Stops listening to the signal of who asked. */
  unlisten: (() => void) | undefined;
  readonly #asks: Asks;

  constructor(asks: Asks, to: string) {
    super();
    this.#asks = asks;
    this.to = to;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get isOpen(): boolean {
    return this.index >= 0;
  }

  lapse(): void {
    this.fail(timeout(this.to, this.afterMs));
  }

  fail(error: unknown): void {
    this.#asks.close(this);
    this.reject(error);
  }
}

/** Places kept while nobody asks. */
const PLACES_KEPT_MAX = 1_024;

/**
 * The asks of a system that have no answer yet. Each ends by its answer, its deadline, its signal, or the system's end.
 * An address is unique for good and ends with a place in the table: `reply:SYSTEM:THOUSANDS.ONES.PLACE`.
 */
export class Asks {
  readonly #wheel: TimerWheel;
  readonly #prefix: string;
  #open: (Ask | undefined)[] = [];
  #free: number[] = [];
  #pending = 0;
  /** Of the next address: what every 1,000 have in common, and the rest. */
  #thousand: string;
  #thousands = 0;
  #ones = 0;
  #latest: Ask | undefined;

  constructor(clock: Clock, systemId: string) {
    this.#wheel = new TimerWheel(clock);
    this.#prefix = `reply:${systemId}:`;
    this.#thousand = `${this.#prefix}0.`;
  }

  /** Begins the time of those that were opened since: those that are answered before cost no look at the clock. */
  look(): void {
    this.#wheel.look();
  }

  /** Opens an ask; one whose options are wrong, or whose signal has aborted, is over at once. */
  open(to: string, options: AskOptions): Ask {
    const ask = new Ask(this, to);
    const usualMs = usualTimeoutMs(options);
    if (usualMs === undefined) this.#beginUnusual(ask, options);
    else this.#begin(ask, usualMs, undefined);
    return ask;
  }

  /** Whether that address is one of ours, waiting or not. */
  owns(address: string): boolean {
    return address.startsWith(this.#prefix);
  }

  /** Brings an answer; false if nobody waits for it there. */
  answer(address: string, event: AnyEventObject): boolean {
    const ask = this.#find(address);
    if (ask === undefined) return false;
    this.close(ask);
    ask.resolve(event.type === 'conclave.reply' ? event.value : event);
    return true;
  }

  /** Ends the ask whose event came to nothing, if the event was asked. */
  failFor(to: string, event: EventObject, reason: DeadLetterReason, cause: unknown): void {
    if (!('replyTo' in event) || typeof event.replyTo !== 'string') return;
    this.#find(event.replyTo)?.fail(undelivered(to, reason, cause));
  }

  /** Ends them all. */
  end(): void {
    for (const ask of [...this.#open]) {
      ask?.fail(new ConclaveError('ShuttingDown', 'The system stopped before the answer came.'));
    }
  }

  /** Nothing waits for that one any more. */
  close(ask: Ask): void {
    if (!ask.isOpen) return;
    this.#wheel.remove(ask);
    ask.unlisten?.();
    this.#open[ask.index] = undefined;
    this.#free.push(ask.index);
    ask.index = -1;
    this.#pending -= 1;
    if (this.#pending === 0) this.#rest();
  }

  #beginUnusual(ask: Ask, options: AskOptions): void {
    try {
      const { timeoutMs, signal } = parseAsk(options);
      if (signal?.aborted === true) ask.reject(cancelled(ask.to));
      else this.#begin(ask, timeoutMs, signal);
    } catch (error) {
      ask.reject(error);
    }
  }

  #begin(ask: Ask, timeoutMs: number, signal: AbortSignal | undefined): void {
    this.#pending += 1;
    ask.index = this.#free.pop() ?? this.#open.length;
    ask.address = this.#nextAddress(ask.index);
    this.#open[ask.index] = ask;
    this.#latest = ask;
    this.#wheel.set(ask, timeoutMs);
    if (signal !== undefined) ask.unlisten = onAbort(signal, () => ask.fail(cancelled(ask.to)));
  }

  /** Of small numbers alone: V8 keeps the text of each new number, which costs every collection more than all else here. */
  #nextAddress(place: number): string {
    this.#ones += 1;
    if (this.#ones === 1_000) {
      this.#ones = 0;
      this.#thousands += 1;
      this.#thousand = `${this.#prefix}${this.#thousands}.`;
    }
    return `${this.#thousand}${this.#ones}.${place}`;
  }

  /** Whoever waits there. An address that was kept is the very text that was given out, so comparing it costs nothing. */
  #find(address: string): Ask | undefined {
    if (this.#pending === 0) return undefined;
    const latest = this.#latest;
    if (this.#pending === 1 && latest?.address === address && latest.isOpen) return latest;
    const ask = this.#open[placeIn(address)];
    return ask?.address === address ? ask : undefined;
  }

  #rest(): void {
    this.#latest = undefined;
    if (this.#open.length <= PLACES_KEPT_MAX) return;
    this.#open = [];
    this.#free = [];
  }
}

const ZERO = '0'.charCodeAt(0);

/** The number at the end of an address; -1 where it has none. */
function placeIn(address: string): number {
  let place = 0;
  let unit = 1;
  for (let at = address.length - 1; at >= 0; at -= 1) {
    const digit = address.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) break;
    place += digit * unit;
    unit *= 10;
  }
  return unit === 1 ? -1 : place;
}

const OPTIONS = ['timeoutMs', 'signal'] satisfies (keyof AskOptions)[];

/** The time where nothing else is said, without a copy of the options; undefined for all that needs a closer look. */
function usualTimeoutMs(options: AskOptions): number | undefined {
  try {
    for (const name in options) if (name !== 'timeoutMs') return undefined;
    const { timeoutMs } = options;
    return typeof timeoutMs === 'number' && timeoutMs >= 0 ? timeoutMs : undefined;
  } catch {
    return undefined;
  }
}

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
