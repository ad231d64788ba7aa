import { Deque } from '../core/deque.js';

/** What bounds the starts of one agent's tasks; undefined: nothing. */
export interface GateRule {
  /** At most `max` starts in any window of `periodMs`. */
  readonly limit: { readonly max: number; readonly periodMs: number } | undefined;
  /** At most so many at once. */
  readonly concurrency: number | undefined;
}

/**
 * Says which tasks of one agent may start, by the times it is told. The limit is a sliding log and so exact: any
 * window of `periodMs`, wherever it begins, holds at most `max` starts. Source: "sliding window log", Cloudflare's
 * "How we built rate limiting capable of scaling to millions of domains", 2017.
 *
 *     starts kept:   ──x─x──x─────┤ now         one leaves when it is `periodMs` old
 *                    └─ periodMs ─┘
 */
export class AgentGate {
  readonly #rule: GateRule;
  readonly #starts = new Deque<number>();
  #running = 0;

  constructor(rule: GateRule) {
    this.#rule = rule;
  }

  /** Whether one more task may start at `nowMs`, which never goes back. */
  mayStart(nowMs: number): boolean {
    return this.#hasSeat() && this.opensAtMs(nowMs) <= nowMs;
  }

  /** A task starts; a try again is a start like any other. */
  start(nowMs: number): void {
    this.#running += 1;
    if (this.#rule.limit !== undefined) this.#starts.pushBack(nowMs);
  }

  /** A task that had started is over: settled, given back or lost with its worker. */
  end(): void {
    this.#running -= 1;
  }

  /** When the limit lets one more start: `nowMs` if it does already, Infinity while only an `end` can help. */
  opensAtMs(nowMs: number): number {
    if (!this.#hasSeat()) return Number.POSITIVE_INFINITY;
    const { limit } = this.#rule;
    if (limit === undefined) return nowMs;
    this.#forgetOver(limit.periodMs, nowMs);
    if (this.#starts.length < limit.max) return nowMs;
    return (this.#starts.peekFront() ?? nowMs) + limit.periodMs;
  }

  /** How long until one behind `ahead` others may start, as far as the limit says; undefined without a limit. */
  waitMs(ahead: number): number | undefined {
    const { limit } = this.#rule;
    return limit && Math.ceil((ahead + 1) / limit.max) * limit.periodMs;
  }

  #hasSeat(): boolean {
    const { concurrency } = this.#rule;
    return concurrency === undefined || this.#running < concurrency;
  }

  #forgetOver(periodMs: number, nowMs: number): void {
    for (let first = this.#starts.peekFront(); first !== undefined; first = this.#starts.peekFront()) {
      if (first + periodMs > nowMs) break;
      this.#starts.popFront();
    }
  }
}
