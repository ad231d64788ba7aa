import { rosterChart } from '../../../actors/roster.js';
import type { Delivery } from '../../brokers/contract.js';
import type { Clock, Timer } from '../../core/clock.js';
import { QueueConsumer, type QueueConsumerOptions } from '../writers/queue-consumer.js';
import { decodePresence, type PoolInfo } from './presence.js';

/** A pool came, said that it leaves, or was not heard of for a lease. */
export interface PoolEvent extends PoolInfo {
  /** 'lost' is one that may still be there, and then joins again. */
  readonly state: 'joined' | 'left' | 'lost';
}

/** Pools that are remembered; of more than that nobody could make sense. */
const POOLS_MAX = 10_000;
const LOOK_MS = 500;

export type PoolRosterOptions = Omit<QueueConsumerOptions, 'write' | 'onDone'> & {
  readonly clock: Clock;
  readonly onPool: (event: PoolEvent) => void;
};

interface Known {
  readonly info: PoolInfo;
  /** On this process's clock. */
  readonly lostMs: number;
}

/**
 * The pools that have joined from other processes, by what they say of themselves. One that is not heard of for
 * its lease, on this process's own monotonic clock, is lost, until it is heard of again.
 */
export class PoolRoster {
  readonly #options: PoolRosterOptions;
  readonly #consumer: QueueConsumer;
  readonly #known = new Map<string, Known>();
  #timer: Timer | undefined;

  constructor(options: PoolRosterOptions) {
    this.#options = options;
    this.#consumer = new QueueConsumer(rosterChart, {
      ...options,
      write: async (batch) => this.#take(batch),
    });
    this.#look();
  }

  /** Those that are there, in the order in which they came. */
  get pools(): readonly PoolInfo[] {
    return [...this.#known.values()].map(({ info }) => info);
  }

  /** Resolves once it reads no more. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#consumer.stop();
    await this.#consumer.ended;
  }

  #take(batch: readonly Delivery[]): number {
    for (const delivery of batch) {
      try {
        this.#hear(delivery);
      } catch (error) {
        this.#options.onError(error); // not a pool's word: it is told of, and dropped
      }
    }
    return 0;
  }

  #hear({ envelope }: Delivery): void {
    const { clock, onPool } = this.#options;
    const { state, leaseMs, ...info } = decodePresence(envelope.payload);
    const isKnown = this.#known.has(info.pool);
    if (state === 'left') {
      this.#known.delete(info.pool);
      if (isKnown) onPool({ ...info, state });
      return;
    }
    if (!isKnown && this.#known.size >= POOLS_MAX) return;
    this.#known.set(info.pool, { info, lostMs: clock.nowMs() + leaseMs });
    if (!isKnown) onPool({ ...info, state: 'joined' });
  }

  #look(): void {
    const { clock, onPool } = this.#options;
    const nowMs = clock.nowMs();
    for (const [pool, { info, lostMs }] of this.#known) {
      if (lostMs > nowMs) continue;
      this.#known.delete(pool);
      onPool({ ...info, state: 'lost' });
    }
    this.#timer = clock.setTimer(() => this.#look(), LOOK_MS, { background: true });
  }
}
