import type { Clock } from '../core/clock.js';
import { isUnknown } from './tasks/publish-line.js';

/** An outage that lasts is told of again after so long. */
const NOTICE_MS = 30_000;

export interface BrokerFaultsOptions {
  readonly clock: Clock;
  readonly tell: (source: string, error: unknown) => void;
}

/**
 * Faults of a broker, told of without a flood: everything that needs a broker asks one that cannot be reached several
 * times a second, and that is one outage.
 */
export class BrokerFaults {
  readonly #options: BrokerFaultsOptions;
  readonly #toldMs = new Map<string, number>();

  constructor(options: BrokerFaultsOptions) {
    this.#options = options;
  }

  tell(source: string, error: unknown): void {
    const { clock, tell } = this.#options;
    const nowMs = clock.nowMs();
    const toldMs = this.#toldMs.get(source);
    if (isUnknown(error)) {
      if (toldMs !== undefined && nowMs - toldMs < NOTICE_MS) return;
      this.#toldMs.set(source, nowMs);
    }
    tell(source, error);
  }

  /** That part of the coalition has reached the broker: what fails next is news. */
  over(source: string): void {
    this.#toldMs.delete(source);
  }
}
