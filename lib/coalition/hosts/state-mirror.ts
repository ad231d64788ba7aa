import { mirrorChart } from '../../../actors/mirror.js';
import type { Delivery } from '../../brokers/contract.js';
import type { SharedResult } from '../../core/frame.js';
import type { StateFeed } from '../query/state-feed.js';
import { QueueConsumer, type QueueConsumerOptions } from '../writers/queue-consumer.js';
import { decodePart, type StatePart } from './state-part.js';

export type StateMirrorOptions = Omit<QueueConsumerOptions, 'write' | 'onDone'> & {
  /** Keeps the workers' copies at what is here. */
  readonly feed: StateFeed;
  /** There is more than before. */
  readonly onChange: () => void;
};

/** A pool's copy of the shared state, as the coordinator sends it. */
export class StateMirror {
  readonly #options: StateMirrorOptions;
  readonly #consumer: QueueConsumer;
  #query: string | undefined;
  #coordinator: string | undefined;
  #epoch = 0;
  #turn = 0;
  #results: SharedResult[] = [];

  constructor(options: StateMirrorOptions) {
    this.#options = options;
    this.#consumer = new QueueConsumer(mirrorChart, {
      ...options,
      write: async (batch) => this.#take(batch),
    });
  }

  /** Whether the first `count` results of that query are here. */
  has(query: string, count: number): boolean {
    return query === this.#query && this.#results.length >= count;
  }

  /** Resolves once it reads no more. */
  async close(): Promise<void> {
    this.#consumer.stop();
    await this.#consumer.ended;
  }

  #take(batch: readonly Delivery[]): number {
    for (const { envelope } of batch) {
      try {
        this.#apply(envelope.epoch, decodePart(envelope.payload));
      } catch (error) {
        this.#options.onError(error); // no part of a state: it is told of, and dropped
      }
    }
    this.#options.feed.send(this.#results);
    this.#options.onChange();
    return 0;
  }

  /** A part that comes again, or of a query that is over, changes nothing. */
  #apply(epoch: number, part: StatePart): void {
    if (this.#isOld(epoch, part)) return;
    const { coordinator, query, turn, from, results } = part;
    if (query !== this.#query) {
      [this.#query, this.#turn, this.#results] = [query, turn, []];
      [this.#coordinator, this.#epoch] = [coordinator, epoch];
      this.#options.feed.reset();
    }
    if (from > this.#results.length) return; // what comes before is on its way to whoever joined late
    this.#results.push(...results.slice(this.#results.length - from));
  }

  /** Where leases are kept in memory the next coordinator has the epoch of the last: it is known by its session. */
  #isOld(epoch: number, { coordinator, turn }: StatePart): boolean {
    if (epoch !== this.#epoch) return epoch < this.#epoch;
    return coordinator === this.#coordinator && turn < this.#turn;
  }
}
