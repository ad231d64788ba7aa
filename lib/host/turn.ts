import type { Clock } from '../core/clock.js';

/** Milliseconds of work after which outcomes are sent and the event loop gets its turn. */
export const TURN_MS = 10;

/** Tasks between two looks at the clock, at most: as many may follow a slow one before its turn ends. */
const STRIDE_MAX = 4;
/** Milliseconds that a task may take for the clock to be looked at less often: a look costs a tenth of a short task. */
const QUICK_MS = 0.1;

/** A turn of work: says when it is over, and looks at the clock after each task, or less often while they are short. */
export class Turn {
  readonly #clock: Clock;
  #startedMs = 0;
  #seenMs = 0;
  #stride = 1;
  #left = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The turn begins. */
  begin(): void {
    this.#startedMs = this.#clock.nowMs();
    this.#seenMs = this.#startedMs;
    this.#left = this.#stride;
  }

  /** To be asked after each task. */
  isOver(): boolean {
    this.#left -= 1;
    return this.#left <= 0 && this.#look();
  }

  #look(): boolean {
    const nowMs = this.#clock.nowMs();
    const isQuick = nowMs - this.#seenMs < this.#stride * QUICK_MS;
    this.#stride = isQuick ? Math.min(this.#stride * 2, STRIDE_MAX) : 1;
    this.#left = this.#stride;
    this.#seenMs = nowMs;
    return nowMs - this.#startedMs >= TURN_MS;
  }
}
