import type { Clock, Timer } from '../../../../lib/core/clock.js';

interface Pending {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** The time of one process: with its death its timers are gone. */
export interface MortalClock extends Clock {
  kill(): void;
}

/** Time moved by hand, instant by instant: between two of them there is room for real I/O. */
export class DrivenTime {
  #nowMs = 0;
  readonly #timers = new Set<Pending>();

  /** The clock of one process. */
  clock(): MortalClock {
    const own = new Set<Pending>();
    let isDead = false;
    const setTimer = (callback: () => void, delayMs: number): Timer => {
      const pending = { dueMs: this.#nowMs + Math.max(0, delayMs), callback };
      own.add(pending);
      if (!isDead) this.#timers.add(pending);
      return { cancel: () => this.#timers.delete(pending) };
    };
    return {
      setTimer,
      nowMs: () => this.#nowMs,
      wallMs: () => this.#nowMs,
      defer: (callback) => void setImmediate(callback),
      kill: () => {
        isDead = true;
        for (const pending of own) this.#timers.delete(pending);
      },
    };
  }

  /** Timers still to fire. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on; `settle` lets what follows from one instant happen before the next. */
  async advance(byMs: number, settle: () => Promise<void>): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
      await settle();
    }
    this.#nowMs = untilMs;
    await settle();
  }

  #next(untilMs: number): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= untilMs && (first === undefined || timer.dueMs < first.dueMs)) first = timer;
    }
    return first;
  }
}
