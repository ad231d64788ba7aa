import type { Delivery } from '../../brokers/contract.js';
import type { Clock, Timer } from '../../core/clock.js';

/** How long a task waits here for the state it was given for, before another pool may try. */
const HOLD_MS = 2_000;

export interface StateGateOptions {
  readonly clock: Clock;
  /** Whether the first `count` results of a query are here. */
  readonly has: (query: string, count: number) => boolean;
  /** They may go to a worker. */
  readonly onReady: (deliveries: readonly Delivery[]) => void;
  /** They have waited long enough. */
  readonly onOverdue: (deliveries: readonly Delivery[]) => void;
}

/** Holds tasks of a query back until the shared state of their stage is here. */
export class StateGate {
  readonly #options: StateGateOptions;
  #held: Delivery[] = [];
  #timer: Timer | undefined;

  constructor(options: StateGateOptions) {
    this.#options = options;
  }

  /** Tasks that wait here. */
  get held(): number {
    return this.#held.length;
  }

  /** Those that may go at once; the others wait. */
  pass(deliveries: readonly Delivery[]): readonly Delivery[] {
    const waiting = deliveries.filter((delivery) => !this.#isReady(delivery));
    if (waiting.length === 0) return deliveries;
    this.#held.push(...waiting);
    this.#timer ??= this.#options.clock.setTimer(() => this.#expire(), HOLD_MS, { background: true });
    return deliveries.filter((delivery) => this.#isReady(delivery));
  }

  /** The state has grown. */
  look(): void {
    const ready = this.#held.filter((delivery) => this.#isReady(delivery));
    if (ready.length === 0) return;
    this.#held = this.#held.filter((delivery) => !this.#isReady(delivery));
    this.#options.onReady(ready);
  }

  /** Lets go of all that wait. */
  close(): readonly Delivery[] {
    this.#timer?.cancel();
    this.#timer = undefined;
    const held = this.#held;
    this.#held = [];
    return held;
  }

  #expire(): void {
    const overdue = this.close();
    if (overdue.length > 0) this.#options.onOverdue(overdue);
  }

  #isReady({ envelope }: Delivery): boolean {
    const { query, state = '0' } = envelope.headers;
    return query === undefined || this.#options.has(query, Number(state));
  }
}
