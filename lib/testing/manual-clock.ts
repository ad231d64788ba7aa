import type { Clock, Timer } from '../core/clock.js';

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that moves only when told, so that a spec of hours takes milliseconds. Timers fire in order of their
 * due time, equals in the order in which they were set; `defer` runs at the next `settle` or `advance`.
 */
export class ManualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  readonly #timers = new Set<Pending>();
  #deferred: (() => void)[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    this.#order += 1;
    const pending = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order, callback };
    this.#timers.add(pending);
    return { cancel: () => this.#timers.delete(pending) };
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  /** Timers still to fire. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on, firing what falls due on the way, with promises and deferred work settled in between. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await this.settle();
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#timers.delete(next);
      this.#nowMs = next.dueMs;
      next.callback();
      await this.settle();
    }
    this.#nowMs = untilMs;
    await this.settle();
  }

  /** Runs deferred work and lets pending promises settle, without moving time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      const due = this.#deferred;
      this.#deferred = [];
      quiet = due.length === 0 ? quiet + 1 : 0;
      for (const callback of due) callback();
    }
  }

  #next(untilMs: number): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > untilMs) continue;
      const earlier = first === undefined || timer.dueMs < first.dueMs;
      if (earlier || (timer.dueMs === first?.dueMs && timer.order < first.order)) first = timer;
    }
    return first;
  }
}
