import { onAbort } from '../core/abort.js';
import type { Clock, Timer } from '../core/clock.js';
import type { Delivery, ReceiveRequest } from './contract.js';

/** A receive that found nothing and waits. */
interface Waiter {
  readonly request: ReceiveRequest;
  readonly untilMs: number;
  readonly resolve: (deliveries: readonly Delivery[]) => void;
  /** Takes back that its signal is watched. */
  forget: (() => void) | undefined;
}

/** The largest delay that Node's timers keep; what is later is armed again. */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * Receivers that wait for a message, served in turn, with one timer for all of them. The timer stands only
 * while somebody waits.
 */
export class WaitingLine {
  #waiters: Waiter[] = [];
  #timer: Timer | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  readonly #clock: Clock;
  readonly #onTimer: () => void;

  constructor(clock: Clock, onTimer: () => void) {
    this.#clock = clock;
    this.#onTimer = onTimer;
  }

  get length(): number {
    return this.#waiters.length;
  }

  /** Waits in line; the signal of the request, if it has one, has not aborted. */
  join(request: ReceiveRequest, nowMs: number): Promise<readonly Delivery[]> {
    return new Promise((resolve) => {
      const waiter: Waiter = { request, untilMs: nowMs + request.waitMs, resolve, forget: undefined };
      this.#waiters.push(waiter);
      waiter.forget = request.signal && onAbort(request.signal, () => this.#callOff(waiter));
    });
  }

  /** Gives to the first in line for as long as `take` finds something for it. */
  serve(take: (request: ReceiveRequest) => readonly Delivery[]): void {
    for (let first = this.#waiters[0]; first !== undefined; first = this.#waiters[0]) {
      const deliveries = take(first.request);
      if (deliveries.length === 0) return;
      this.#waiters.shift();
      answer(first, deliveries);
    }
  }

  /** Sends those away whose wait is over at `nowMs`. */
  dismiss(nowMs: number): void {
    const over = this.#waiters.filter((waiter) => waiter.untilMs <= nowMs);
    if (over.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.untilMs > nowMs);
    for (const waiter of over) answer(waiter, []);
  }

  /** Sets the timer for the end of the first wait or for `dueMs`, whichever comes first. */
  arm(nowMs: number, dueMs: number): void {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiters) nextMs = Math.min(nextMs, dueMs, waiter.untilMs);
    if (nextMs === this.#timerMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerMs = nextMs;
    if (this.#waiters.length === 0) return;
    this.#timer = this.#clock.setTimer(() => this.#fire(), Math.min(nextMs - nowMs, TIMER_MS_MAX));
  }

  #callOff(waiter: Waiter): void {
    this.#waiters = this.#waiters.filter((each) => each !== waiter);
    answer(waiter, []);
    if (this.#waiters.length === 0) this.arm(0, Number.POSITIVE_INFINITY);
  }

  #fire(): void {
    this.#timer = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
    this.#onTimer();
  }
}

function answer({ resolve, forget }: Waiter, deliveries: readonly Delivery[]): void {
  forget?.();
  resolve(deliveries);
}
