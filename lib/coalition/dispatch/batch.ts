import type { Delivery } from '../../brokers/contract.js';
import type { TaskBatch, TaskExtra } from '../../core/frame.js';

/** Tasks that a worker was sent together, by their place in what it was sent. */
export interface Batch {
  /** How many have not settled. */
  readonly open: number;
  /** The task at that place, if it has not settled. */
  find(at: number): Delivery | undefined;
  /** Takes out the task at that place; undefined if there is none. */
  take(at: number): Delivery | undefined;
  /** What the broker gave out and is not settled. */
  unsettled(): readonly Delivery[];
  /** Where tasks stand that have not settled, in the order in which they begin. */
  places(): readonly number[];
}

/** Tasks, each a delivery of its own. */
export class SentTasks implements Batch {
  readonly #deliveries: (Delivery | undefined)[];
  #open: number;

  constructor(deliveries: Delivery[]) {
    this.#deliveries = deliveries;
    this.#open = deliveries.length;
  }

  get open(): number {
    return this.#open;
  }

  find(at: number): Delivery | undefined {
    return this.#deliveries[at];
  }

  take(at: number): Delivery | undefined {
    const delivery = this.#deliveries[at];
    if (delivery === undefined) return undefined;
    this.#deliveries[at] = undefined;
    this.#open -= 1;
    return delivery;
  }

  unsettled(): readonly Delivery[] {
    return this.#deliveries.filter((delivery) => delivery !== undefined);
  }

  places(): readonly number[] {
    return [...this.#deliveries.keys()].filter((at) => this.#deliveries[at] !== undefined);
  }
}

/** The frame of a batch of tasks. */
export function batchFrame(
  batch: number,
  deliveries: readonly Delivery[],
  extras: readonly TaskExtra[],
): TaskBatch {
  return {
    type: 'batch',
    batch,
    ids: deliveries.map((delivery) => delivery.envelope.id),
    agents: deliveries.map((delivery) => delivery.envelope.agent),
    attempts: deliveries.map((delivery) => delivery.failures + delivery.crashes + 1),
    payloads: deliveries.map((delivery) => delivery.envelope.payload),
    extras,
  };
}
