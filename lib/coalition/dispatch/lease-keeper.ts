import type { Delivery } from '../../brokers/contract.js';
import type { Clock, Timer } from '../../core/clock.js';

export interface LeaseKeeperOptions {
  readonly clock: Clock;
  readonly leaseMs: number;
  /** Everything held now. */
  readonly held: () => readonly Delivery[];
  /** Renews leases; never rejects. */
  readonly renew: (deliveries: readonly Delivery[], leaseMs: number) => Promise<void>;
}

/** Keeps the leases of everything held, as long as this process lives to do so: each is renewed at a third of its time. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#renewSoon();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #renewSoon(): void {
    const { clock, leaseMs } = this.#options;
    if (this.#isClosed) return;
    this.#timer = clock.setTimer(() => void this.#renew(), leaseMs / 3, { background: true });
  }

  async #renew(): Promise<void> {
    const { held, renew, leaseMs } = this.#options;
    await renew(held(), leaseMs);
    this.#renewSoon();
  }
}
