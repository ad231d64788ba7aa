import type { Broker } from '../../brokers/contract.js';
import type { Clock, Timer } from '../../core/clock.js';
import type { Publisher } from '../tasks/publisher.js';
import { encodePresence, type PoolInfo } from './presence.js';

/** Words of pools that nobody reads: without a coordinator they are not to pile up. */
const UNREAD_MAX = 1_000;
/** A pool is lost after one lease without a word, so it may miss two. */
const BEATS_A_LEASE = 3;

export interface HeartbeatOptions {
  readonly broker: Broker;
  readonly queue: string;
  readonly publisher: Publisher;
  readonly pool: PoolInfo;
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly onError: (error: unknown) => void;
}

/** Says that a pool is here, again and again, and when it leaves. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: Timer | undefined;
  #hasLeft = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Says so now, and from now on. */
  start(): Promise<void> {
    const { clock, leaseMs } = this.#options;
    this.#timer = clock.setTimer(() => void this.start(), leaseMs / BEATS_A_LEASE, { background: true });
    return this.#say('here');
  }

  /** Says that it leaves, and nothing after that. */
  async leave(): Promise<void> {
    this.#timer?.cancel();
    this.#hasLeft = true;
    await this.#say('left');
  }

  async #say(state: 'here' | 'left'): Promise<void> {
    const { broker, queue, publisher, pool, leaseMs, onError } = this.#options;
    try {
      const { ready } = await broker.depth(queue);
      if (ready >= UNREAD_MAX || (this.#hasLeft && state === 'here')) return;
      const payload = encodePresence({ ...pool, state, leaseMs });
      await publisher.publishAll([{ kind: 'presence', agent: '', payload }]);
    } catch (error) {
      onError(error);
    }
  }
}
