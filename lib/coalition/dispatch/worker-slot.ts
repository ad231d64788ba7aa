import type { Delivery } from '../../brokers/contract.js';
import { Deque } from '../../core/deque.js';
import type { TaskBatch, TaskExtra } from '../../core/frame.js';
import type { WorkerLink } from '../../executors/contract.js';
import type { WorkerView } from '../../scheduling/contract.js';
import { prefetchWindow } from '../../scheduling/prefetch.js';
import { ServiceTime } from './service-time.js';

/** A batch on a worker; what has settled is undefined. */
export interface Batch {
  readonly deliveries: (Delivery | undefined)[];
  open: number;
}

/** Where a task is on its worker. */
export interface TaskPlace {
  readonly batch: number;
  readonly at: number;
  readonly delivery: Delivery;
}

/** What the dispatcher knows of one worker: its link, its line, and what it holds unsettled. */
export class WorkerSlot implements WorkerView {
  readonly id: string;
  readonly link: WorkerLink;
  readonly credit: number;
  /** Tasks it runs at once. */
  readonly concurrency: number;
  readonly batches = new Map<number, Batch>();
  inFlight = 0;
  /** It runs one task that was in flight at a crash, and nothing else until that is settled. */
  isSolo = false;
  /** Tasks that hold it up, for which it is being ended; undefined while it is in good standing. */
  condemnedFor: Set<Delivery> | undefined;
  /** Recalls it has not answered. */
  recalls = 0;
  /** How many of the tasks in flight came from their agent's gate. */
  gated = 0;
  /** It was last sent a task from a gate: what waits in the lines has its turn before the next one. */
  isLinesTurn = false;
  readonly #line = new Deque<Delivery>();
  /** How many in its line have an ordering key. */
  #keyed = 0;
  #lastBatch = 0;
  readonly #serviceTime = new ServiceTime();
  #window: number;

  constructor(id: string, link: WorkerLink, credit: number, concurrency: number) {
    this.id = id;
    this.link = link;
    this.credit = credit;
    this.concurrency = concurrency;
    this.#window = this.#measuredWindow();
  }

  get held(): number {
    return this.#line.length + this.inFlight;
  }

  get window(): number {
    return this.#window;
  }

  get stealable(): number {
    return this.#line.length - this.#keyed;
  }

  /** Tasks in its line. */
  get waiting(): number {
    return this.#line.length;
  }

  /** It may be sent something new. */
  get isOpen(): boolean {
    return !this.isSolo && this.condemnedFor === undefined;
  }

  /** What it is sent now begins at once. */
  get isFree(): boolean {
    return this.isOpen && this.inFlight < Math.min(this.concurrency, this.#window);
  }

  /** How many more tasks it may be sent. */
  get room(): number {
    return this.isOpen ? Math.max(0, this.#window - this.inFlight) : 0;
  }

  /** Puts a task at the end of its line. */
  enqueue(delivery: Delivery): void {
    this.#line.pushBack(delivery);
    if (isKeyed(delivery)) this.#keyed += 1;
  }

  /** Takes up to `count` from the front of its line. */
  dequeue(count: number): Delivery[] {
    const taken = this.#line.takeFront(count);
    if (this.#keyed > 0) for (const delivery of taken) if (isKeyed(delivery)) this.#keyed -= 1;
    return taken;
  }

  /** Gives up to `count` from the tail of its line, in their order; what has an ordering key stays. */
  yieldTail(count: number): Delivery[] {
    const given: Delivery[] = [];
    const kept: Delivery[] = [];
    while (given.length < count) {
      const last = this.#line.popBack();
      if (last === undefined) break;
      (isKeyed(last) ? kept : given).push(last);
    }
    for (const delivery of kept.reverse()) this.#line.pushBack(delivery);
    return given.reverse();
  }

  /** Takes all that fit out of its line. */
  takeWaiting(fits: (delivery: Delivery) => boolean): Delivery[] {
    const taken: Delivery[] = [];
    for (const delivery of this.dequeue(this.#line.length)) {
      if (fits(delivery)) taken.push(delivery);
      else this.enqueue(delivery);
    }
    return taken;
  }

  send(deliveries: Delivery[], nowMs: number, extras: readonly TaskExtra[] = NO_EXTRAS): void {
    if (this.inFlight === 0) this.#serviceTime.begin(nowMs);
    this.#lastBatch += 1;
    this.batches.set(this.#lastBatch, { deliveries, open: deliveries.length });
    this.inFlight += deliveries.length;
    this.link.send(toFrame(this.#lastBatch, deliveries, extras));
  }

  /** Aborts what it was sent and there is a reason to cancel; answers these. */
  cancel(reasonOf: (delivery: Delivery) => string | undefined): Delivery[] {
    const cancelled: Delivery[] = [];
    for (const [batch, { deliveries }] of this.batches) {
      const positions = new Map<string, number[]>();
      for (const [at, delivery] of deliveries.entries()) {
        const reason = delivery && reasonOf(delivery);
        if (delivery === undefined || reason === undefined) continue;
        cancelled.push(delivery);
        positions.set(reason, [...(positions.get(reason) ?? []), at]);
      }
      for (const [reason, at] of positions) this.link.send({ type: 'cancel', batch, at, reason });
    }
    return cancelled;
  }

  /** The task at that place, if it has not left it. */
  find(batch: number, at: number): Delivery | undefined {
    return this.batches.get(batch)?.deliveries[at];
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

  /**
   * Learns from `count` tasks settled just now how long this worker takes. Those of gates are not counted: none of
   * them is sent ahead, and the window is for what is.
   */
  measure(count: number, nowMs: number): void {
    if (count === 0) this.#serviceTime.begin(nowMs);
    else this.#serviceTime.settled(count, nowMs);
    this.#window = this.#measuredWindow();
  }

  /** It had more at hand than it could begin: until it settles something it gets no more than it runs at once. */
  narrow(): void {
    this.#window = Math.min(this.#window, this.concurrency);
  }

  /** Everything sent and not settled, in the order in which it was sent. */
  unsettled(): Delivery[] {
    return [...this.batches.values()].flatMap((batch) => batch.deliveries.filter((one) => one !== undefined));
  }

  /** Everything in its line, in order. */
  inLine(): Iterable<Delivery> {
    return this.#line;
  }

  /** What it can be running: it begins tasks in the order in which they were sent. */
  first(): readonly Delivery[] {
    return this.unsettled().slice(0, this.concurrency);
  }

  /** The places of the `count` unsettled tasks sent last, the last first. */
  lastPlaces(count: number): TaskPlace[] {
    return this.places().slice(-count).reverse();
  }

  /** The places of everything sent and not settled, in the order in which it was sent. */
  places(): TaskPlace[] {
    return [...this.batches].flatMap(([batch, { deliveries }]) =>
      deliveries.flatMap((delivery, at) => (delivery === undefined ? [] : [{ batch, at, delivery }])),
    );
  }

  #measuredWindow(): number {
    const { concurrency, credit } = this;
    const { tripMs } = this.link;
    return prefetchWindow({ serviceMs: this.#serviceTime.ms, concurrency, credit, tripMs });
  }
}

const NO_EXTRAS: readonly TaskExtra[] = [];

function isKeyed({ envelope }: Delivery): boolean {
  return envelope.orderingKey !== undefined;
}

function toFrame(batch: number, deliveries: readonly Delivery[], extras: readonly TaskExtra[]): TaskBatch {
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
