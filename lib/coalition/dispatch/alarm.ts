import type { Clock, Timer } from '../../core/clock.js';

/** One timer for the earliest of many things to come: told of each, it rings once, and is told anew. */
export class Alarm {
  readonly #clock: Clock;
  readonly #onRing: () => void;
  #timer: Timer | undefined;
  #atMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, onRing: () => void) {
    this.#clock = clock;
    this.#onRing = onRing;
  }

  /** Rings at `atMs` at the latest: sooner if it was set for sooner, and whoever hears it looks what is due. */
  ringBy(atMs: number): void {
    if (atMs >= this.#atMs) return;
    this.cancel();
    this.#atMs = atMs;
    this.#timer = this.#clock.setTimer(() => this.#ring(), Math.max(0, atMs - this.#clock.nowMs()));
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#atMs = Number.POSITIVE_INFINITY;
  }

  #ring(): void {
    this.cancel();
    this.#onRing();
  }
}
