import type { Delivery } from '../brokers/contract.js';
import { Deque } from '../core/deque.js';
import type { TaskBatch } from '../core/frame.js';
import type { WorkerLink } from '../executors/contract.js';
import { prefetchWindow, updateServiceMs } from '../scheduling/prefetch.js';

/** A batch on a worker; what has settled is undefined. */
export interface Batch {
  readonly deliveries: (Delivery | undefined)[];
  open: number;
}

/** What the dispatcher knows of one worker: its link, its deque, and what it holds unsettled. */
export class WorkerSlot {
  readonly id: string;
  readonly deque = new Deque<Delivery>();
  readonly batches = new Map<number, Batch>();
  inFlight = 0;
  /** It runs one task that was in flight at a crash, and nothing else until that is settled. */
  isSolo = false;
  readonly #link: WorkerLink;
  readonly #credit: number;
  readonly #concurrency: number;
  #lastBatch = 0;
  #serviceMs: number | undefined;
  #busySinceMs = 0;

  constructor(id: string, link: WorkerLink, credit: number, concurrency: number) {
    this.id = id;
    this.#link = link;
    this.#credit = credit;
    this.#concurrency = concurrency;
  }

  get held(): number {
    return this.deque.length + this.inFlight;
  }

  get window(): number {
    return prefetchWindow({
      serviceMs: this.#serviceMs,
      concurrency: this.#concurrency,
      credit: this.#credit,
    });
  }

  get stealable(): number {
    return this.deque.length;
  }

  get credit(): number {
    return this.#credit;
  }

  get link(): WorkerLink {
    return this.#link;
  }

  send(deliveries: Delivery[], nowMs: number): void {
    if (this.inFlight === 0) this.#busySinceMs = nowMs;
    this.#lastBatch += 1;
    this.batches.set(this.#lastBatch, { deliveries, open: deliveries.length });
    this.inFlight += deliveries.length;
    this.#link.send(toFrame(this.#lastBatch, deliveries));
  }

  /** Takes a settled delivery out of its batch; undefined if there is none at that place. */
  take(batchNumber: number, at: number): Delivery | undefined {
    const batch = this.batches.get(batchNumber);
    const delivery = batch?.deliveries[at];
    if (batch === undefined || delivery === undefined) return undefined;
    batch.deliveries[at] = undefined;
    batch.open -= 1;
    if (batch.open === 0) this.batches.delete(batchNumber);
    this.inFlight -= 1;
    return delivery;
  }

  /** Learns from `count` tasks settled just now how long this worker takes. */
  measure(count: number, nowMs: number): void {
    if (count === 0) return;
    this.#serviceMs = updateServiceMs(this.#serviceMs, nowMs - this.#busySinceMs, count);
    this.#busySinceMs = nowMs;
  }

  /** Everything sent and not settled, in the order in which it was sent. */
  unsettled(): Delivery[] {
    return [...this.batches.values()].flatMap((batch) => batch.deliveries.filter((one) => one !== undefined));
  }
}

function toFrame(batch: number, deliveries: readonly Delivery[]): TaskBatch {
  return {
    type: 'batch',
    batch,
    ids: deliveries.map((delivery) => delivery.envelope.id),
    agents: deliveries.map((delivery) => delivery.envelope.agent),
    attempts: deliveries.map((delivery) => delivery.failures + delivery.crashes + 1),
    payloads: deliveries.map((delivery) => delivery.envelope.payload),
    extras: [],
  };
}
