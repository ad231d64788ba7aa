import { storageChart } from '../../../actors/storage.js';
import type { Delivery } from '../../brokers/contract.js';
import { ConclaveError } from '../../core/errors.js';
import { decode, type Encoded } from '../../core/value.js';
import type { Claim, ClaimStore } from '../../storage/contract.js';
import { QueueConsumer, type QueueConsumerOptions } from './queue-consumer.js';

/** What a storage coordinator reads, where it writes, and whom it tells. */
export type StorageCoordinatorOptions = Omit<QueueConsumerOptions, 'write' | 'onDone'> & {
  /** Where claims are kept. */
  readonly store: ClaimStore;
  /** Whose claims they are; the epoch of its writes is its own. */
  readonly coalition: string;
  /** The leadership under which it writes. */
  readonly epoch: () => number;
  /** Hears of claims that were not in the store before. */
  readonly onPersisted?: (claims: readonly Claim[]) => void;
};

/**
 * Persists agents' claims from a broker's queue in a claim store, each once, in publish order. The order to
 * stop ends it after its queue is drained.
 */
export class StorageCoordinator {
  readonly #consumer: QueueConsumer;
  readonly #options: StorageCoordinatorOptions;
  /** Claims of this session that are in the store, those that were there already included. */
  #persisted = 0;
  /** Counted, but not acknowledged: should they come again, they are not counted again. */
  readonly #unsettled = new Set<number>();
  #lastError: unknown;
  readonly #waiting = new Set<() => void>();

  constructor(options: StorageCoordinatorOptions) {
    this.#options = options;
    this.#consumer = new QueueConsumer(storageChart, {
      ...options,
      write: (batch) => this.#persist(batch),
      onDone: (batch) => {
        if (this.#unsettled.size > 0) for (const { seq } of batch) this.#unsettled.delete(seq);
      },
      onError: (error) => {
        this.#lastError = error;
        options.onError(error);
      },
    });
  }

  /** Ends it once its queue is drained. */
  stop(): void {
    this.#consumer.stop();
  }

  /** Resolves when it has ended: told to stop, its queue drained. */
  get ended(): Promise<unknown> {
    return this.#consumer.ended;
  }

  /** How many claims that this session has published are in the store, duplicates included; without a session, anybody's. */
  get persisted(): number {
    return this.#persisted;
  }

  /**
   * Resolves when `count` claims are in the store.
   * @throws after `timeoutMs`, or when it has ended before, what the store said last, or `Timeout` if it said nothing.
   */
  async whenPersisted(count: number, timeoutMs: number): Promise<void> {
    if (this.#persisted >= count) return;
    const { clock } = this.#options;
    const isInTime = await new Promise<boolean>((resolve) => {
      const finish = (inTime: boolean) => {
        timer.cancel();
        this.#waiting.delete(look);
        resolve(inTime);
      };
      const look = () => {
        if (this.#persisted >= count) finish(true);
      };
      const timer = clock.setTimer(() => finish(false), timeoutMs);
      this.#waiting.add(look);
      void this.ended.then(() => finish(false));
    });
    if (!isInTime && this.#persisted < count) throw this.#lastError ?? this.#timeout(count, timeoutMs);
  }

  async #persist(batch: readonly Delivery[]): Promise<number> {
    const { store, coalition, epoch, onPersisted } = this.#options;
    const claims = batch.map(({ envelope }) => toClaim(envelope.payload));
    const outcomes = await store.append(claims, { coalition, epoch: epoch() });
    const written = claims.filter((_, index) => outcomes[index] === 'written');
    this.#count(batch);
    onPersisted?.(written);
    for (const look of [...this.#waiting]) look();
    return batch.length - written.length;
  }

  #count(batch: readonly Delivery[]): void {
    const { session } = this.#options;
    for (const { seq, envelope } of batch) {
      const isOther = session !== undefined && envelope.producer !== session;
      if (isOther || this.#unsettled.has(seq)) continue;
      this.#unsettled.add(seq);
      this.#persisted += 1;
    }
  }

  #timeout(count: number, timeoutMs: number): ConclaveError {
    const { store } = this.#options;
    return new ConclaveError(
      'Timeout',
      `${this.#persisted} of ${count} claims were in ${store.name} after ${timeoutMs} ms; the store is slow or another holds it.`,
    );
  }
}

/** A claim leaves out a verdict that it does not have, as nothing undefined crosses. */
function toClaim(payload: Encoded): Claim {
  const claim = decode(payload) as Claim;
  return { ...claim, verdict: claim.verdict };
}
