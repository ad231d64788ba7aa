import { onAbort } from '../../core/abort.js';
import type { Clock, Timer } from '../../core/clock.js';

/** Somebody who found nothing and waits. */
export interface Waiter<Answer> {
  /** Those of one kind find the same: once one of them got nothing, the others need not ask. */
  readonly kind: string;
  /** When the wait is over, by the client's clock. */
  readonly untilMs: number;
  /** Asks again; undefined where there is nothing. */
  readonly ask: () => Promise<Answer | undefined>;
  /** What it gets when the wait is over. */
  readonly nothing: Answer;
  /** Calls the wait off. */
  readonly signal: AbortSignal | undefined;
}

interface Entry<Answer> extends Waiter<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (fault: unknown) => void;
  /** Takes back that its signal is watched. */
  forget: (() => void) | undefined;
  /** Called off: it is answered, and only stands in the line until the round is over. */
  hasLeft: boolean;
}

/* A queue's time counts whole milliseconds; sooner than one of them there is nothing new. */
const SOONEST_MS = 1;

/**
 * Those who wait for one thing, asked for in turn: whenever something was touched, when something falls due, and at
 * the end of a wait. One asks at a time, so that the first in line is served first.
 */
export class AskLine<Answer> {
  readonly #clock: Clock;
  #entries: Entry<Answer>[] = [];
  #timer: Timer | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #touches = 0;
  #round: Promise<void> | undefined;
  #asking: Entry<Answer> | undefined;
  #hasEnded = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** How often there may have been something new: who asked before the last of them asks again on joining. */
  get touches(): number {
    return this.#touches;
  }

  /** Waits in line; `touches` is what it was when the waiter asked for itself. */
  join(waiter: Waiter<Answer>, touches: number): Promise<Answer> {
    const { signal, nothing } = waiter;
    if (this.#hasEnded || signal?.aborted === true) return Promise.resolve(nothing);
    return new Promise((resolve, reject) => {
      const entry: Entry<Answer> = { ...waiter, resolve, reject, forget: undefined, hasLeft: false };
      this.#entries.push(entry);
      entry.forget = signal && onAbort(signal, () => this.#callOff(entry));
      if (touches !== this.#touches) this.#start();
      else this.#arm();
    });
  }

  /** There may be something new. */
  touch(): void {
    this.#touches += 1;
    if (this.#entries.length > 0) this.#start();
  }

  /** Nothing falls due sooner than in so many milliseconds. */
  expect(inMs: number): void {
    this.#dueMs = this.#clock.nowMs() + Math.max(SOONEST_MS, inMs);
    if (this.#round === undefined) this.#arm();
  }

  /** Asks for everybody once more; resolves when that is done. */
  async serve(): Promise<void> {
    this.touch();
    await this.#round;
  }

  /** Sends everybody away with nothing; resolves once nobody asks any more. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    this.#timer?.cancel();
    const entries = this.#entries.splice(0);
    await this.#round;
    for (const entry of entries) sendAway(entry);
  }

  /** What it is being given now it gets; otherwise it is sent away at once. */
  #callOff(entry: Entry<Answer>): void {
    if (entry === this.#asking) return;
    entry.hasLeft = true;
    sendAway(entry);
    if (this.#round === undefined) this.#rest();
  }

  #start(): void {
    this.#round ??= this.#serve().finally(() => {
      this.#round = undefined;
      this.#rest();
    });
  }

  /** Nobody asks: those who have left are forgotten, and the others wait. */
  #rest(): void {
    this.#entries = this.#entries.filter(({ hasLeft }) => !hasLeft);
    this.#arm();
  }

  async #serve(): Promise<void> {
    for (let touches = -1; touches !== this.#touches && this.#entries.length > 0; ) {
      touches = this.#touches;
      const startMs = this.#clock.nowMs();
      await this.#askAll();
      this.#dismiss(startMs);
    }
  }

  async #askAll(): Promise<void> {
    const hasNothing = new Set<string>();
    for (let at = 0; at < this.#entries.length && !this.#hasEnded; ) {
      const entry = this.#entries[at];
      if (entry === undefined || entry.hasLeft || hasNothing.has(entry.kind)) at += 1;
      else if (await this.#isServed(entry)) this.#entries = this.#entries.filter((each) => each !== entry);
      else {
        hasNothing.add(entry.kind);
        at += 1;
      }
    }
  }

  async #isServed(entry: Entry<Answer>): Promise<boolean> {
    this.#asking = entry;
    try {
      const answer = await entry.ask();
      if (answer === undefined && entry.signal?.aborted !== true) return false;
      entry.resolve(answer ?? entry.nothing);
    } catch (fault) {
      entry.reject(fault);
    } finally {
      this.#asking = undefined;
    }
    entry.forget?.();
    return true;
  }

  #dismiss(nowMs: number): void {
    const over = this.#entries.filter(({ untilMs }) => untilMs <= nowMs);
    if (over.length === 0) return;
    this.#entries = this.#entries.filter(({ untilMs }) => untilMs > nowMs);
    for (const entry of over) sendAway(entry);
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#entries.length === 0 || this.#hasEnded || this.#round !== undefined) return;
    const nextMs = this.#entries.reduce((least, { untilMs }) => Math.min(least, untilMs), this.#dueMs);
    const onTimer = () => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#start();
    };
    this.#timer = this.#clock.setTimer(onTimer, Math.max(0, nextMs - this.#clock.nowMs()));
  }
}

function sendAway<Answer>({ forget, resolve, nothing }: Entry<Answer>): void {
  forget?.();
  resolve(nothing);
}
