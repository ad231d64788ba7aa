import { aggregatorChart } from '../../../actors/aggregator.js';
import type { Delivery } from '../../brokers/contract.js';
import type { SharedResult } from '../../core/frame.js';
import { decode } from '../../core/value.js';
import type { SharedState } from '../../host/contract.js';
import { QueueConsumer, type QueueConsumerOptions } from './queue-consumer.js';

/** What an aggregator reads, and whom it tells. */
export type ResultAggregatorOptions = Omit<QueueConsumerOptions, 'write' | 'onDone'> & {
  /** How many results of the running query are in the shared state since it was told last. */
  readonly onTaken?: (count: number) => void;
};

/**
 * Collects agents' results from a broker's queue into one shared state: that of the query that runs or ran
 * last. Every published result is in it exactly once, known by its task's id, however often it is delivered.
 */
export class ResultAggregator implements SharedState {
  readonly #consumer: QueueConsumer;
  readonly #options: ResultAggregatorOptions;
  readonly #ids = new Set<string>();
  #results: SharedResult[] = [];
  #latest = new Map<string, unknown>();
  #query: string | undefined;

  constructor(options: ResultAggregatorOptions) {
    this.#options = options;
    this.#consumer = new QueueConsumer(aggregatorChart, {
      ...options,
      write: async (batch) => this.#take(batch),
    });
  }

  get results(): readonly SharedResult[] {
    return this.#results;
  }

  latest(agent: string): unknown {
    return this.#latest.get(agent);
  }

  /** Ends it once its queue is drained. */
  stop(): void {
    this.#consumer.stop();
  }

  /** Resolves when it has ended: told to stop, its queue drained. */
  get ended(): Promise<unknown> {
    return this.#consumer.ended;
  }

  /** Starts the shared state anew for that query; late answers to an earlier one are left out. */
  begin(query: string): void {
    this.#query = query;
    this.#results = [];
    this.#latest = new Map();
    this.#ids.clear();
  }

  #take(batch: readonly Delivery[]): number {
    let taken = 0;
    for (const { envelope } of batch) {
      if (envelope.headers.query !== this.#query || this.#ids.has(envelope.id)) continue;
      this.#ids.add(envelope.id);
      const result = decode(envelope.payload) as SharedResult;
      this.#results.push(result);
      this.#latest.set(result.agent, result.value);
      taken += 1;
    }
    if (taken > 0) this.#options.onTaken?.(taken);
    return batch.length - taken;
  }
}
