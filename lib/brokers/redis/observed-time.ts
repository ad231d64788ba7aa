import type { Clock } from '../../core/clock.js';

/** The time of a queue, or of the answers, as this client has observed it: the evidence against a step of the server's clock. */
export class ObservedTime {
  readonly #clock: Clock;
  readonly #isVirtual: boolean;
  #seenMs: number | undefined;
  #atMs = 0;

  constructor(clock: Clock, isVirtual: boolean) {
    this.#clock = clock;
    this.#isVirtual = isVirtual;
  }

  /** What a script is told, as `time.lua` says. */
  stamp(): readonly [mode: string, ms: string] {
    if (this.#isVirtual) return ['virtual', String(this.#clock.nowMs())];
    if (this.#seenMs === undefined) return ['fresh', ''];
    return ['seen', String(Math.floor(this.#seenMs + this.#clock.nowMs() - this.#atMs))];
  }

  /** Takes in the time that a script has answered. */
  observe(nowMs: number): void {
    this.#seenMs = nowMs;
    this.#atMs = this.#clock.nowMs();
  }
}
