import type { Delivery } from '../../brokers/contract.js';
import type { Clock, Timer } from '../../core/clock.js';

export interface StateGateOptions {
  readonly clock: Clock;
  /** How long a task waits here for the state it was given for, before another pool may try: less than its lease. */
  readonly holdMs: number;
  /** Whether the first `count` results of a query are here. */
  readonly has: (query: string, count: number) => boolean;
  /** They may go to a worker. */
  readonly onReady: (deliveries: readonly Delivery[]) => void;
  /** They have waited long enough. */
  readonly onOverdue: (deliveries: readonly Delivery[]) => void;
}

interface Held {
  readonly delivery: Delivery;
  readonly untilMs: number;
}

/** Holds tasks of a query back until the shared state of their stage is here. */
export class StateGate {
  readonly #options: StateGateOptions;
  /** In the order in which they came, and in which they are overdue. */
  #held: Held[] = [];
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: StateGateOptions) {
    this.#options = options;
  }

  /** Tasks that wait here. */
  get held(): number {
    return this.#held.length;
  }

  /** Those that may go at once; the others wait. Once it is closed, none does. */
  pass(deliveries: readonly Delivery[]): readonly Delivery[] {
    const waiting = this.#isClosed ? [] : deliveries.filter((delivery) => !this.#isReady(delivery));
    if (waiting.length === 0) return deliveries;
    const { clock, holdMs } = this.#options;
    const untilMs = clock.nowMs() + holdMs;
    this.#held.push(...waiting.map((delivery) => ({ delivery, untilMs })));
    this.#expect();
    return deliveries.filter((delivery) => this.#isReady(delivery));
  }

  /** The state has grown. */
  look(): void {
    const ready = this.#take(({ delivery }) => this.#isReady(delivery));
    if (ready.length > 0) this.#options.onReady(ready);
  }

  /** Lets go of all that wait, and holds nothing from now on. */
  close(): readonly Delivery[] {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    return this.#take(() => true);
  }

  /** A look when the oldest is overdue; one at a time. */
  #expect(): void {
    const [oldest] = this.#held;
    if (oldest === undefined || this.#timer !== undefined) return;
    const { clock } = this.#options;
    const delayMs = oldest.untilMs - clock.nowMs();
    this.#timer = clock.setTimer(() => this.#expire(), delayMs, { background: true });
  }

  #expire(): void {
    const { clock, onOverdue } = this.#options;
    this.#timer = undefined;
    const nowMs = clock.nowMs();
    const overdue = this.#take(({ untilMs }) => untilMs <= nowMs);
    this.#expect();
    if (overdue.length > 0) onOverdue(overdue);
  }

  #take(which: (held: Held) => boolean): Delivery[] {
    const taken = this.#held.filter(which);
    this.#held = this.#held.filter((held) => !which(held));
    return taken.map(({ delivery }) => delivery);
  }

  #isReady({ envelope }: Delivery): boolean {
    const { query, state = '0' } = envelope.headers;
    return query === undefined || this.#options.has(query, Number(state));
  }
}
