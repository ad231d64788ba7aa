import type { Delivery } from '../../brokers/contract.js';
import { Deque } from '../../core/deque.js';
import type { ChunkSettledFrame, TaskExtra } from '../../core/frame.js';
import type { WorkerLink } from '../../executors/contract.js';
import type { WorkerView } from '../../scheduling/contract.js';
import { prefetchWindow } from '../../scheduling/prefetch.js';
import { tasksIn } from '../chunks/chunk.js';
import { LeasedChunk } from '../chunks/leased-chunk.js';
import { type Batch, batchFrame, SentTasks } from './batch.js';
import { ServiceTime } from './service-time.js';

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
  readonly #batches = new Map<number, Batch>();
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
  /** Tasks in its line, those of chunks counted one by one. */
  #lineTasks = 0;
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
    return this.#lineTasks + this.inFlight;
  }

  get window(): number {
    return this.#window;
  }

  get stealable(): number {
    return this.#line.length - this.#keyed;
  }

  /** Deliveries in its line. */
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
    this.#lineTasks += tasksIn(delivery.envelope);
    if (isKeyed(delivery)) this.#keyed += 1;
  }

  /** Takes up to `count` from the front of its line. */
  dequeue(count: number): Delivery[] {
    const taken = this.#line.takeFront(count);
    for (const delivery of taken) {
      this.#lineTasks -= tasksIn(delivery.envelope);
      if (this.#keyed > 0 && isKeyed(delivery)) this.#keyed -= 1;
    }
    return taken;
  }

  /** Takes from the front of its line what it has room for; a chunk needs room for one. */
  dequeueForRoom(): Delivery[] {
    const { room } = this;
    if (this.#lineTasks === this.#line.length) return this.dequeue(Math.min(room, this.#lineTasks));
    let [count, tasks] = [0, 0];
    for (const { envelope } of this.#line) {
      if (tasks >= room) break;
      tasks += tasksIn(envelope);
      count += 1;
    }
    return this.dequeue(count);
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
    for (const { envelope } of given) this.#lineTasks -= tasksIn(envelope);
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
    const batch = this.#begin(new SentTasks(deliveries), nowMs);
    this.link.send(batchFrame(batch, deliveries, extras));
  }

  /** Sends those tasks of a chunk that have not ended. */
  sendChunk(chunk: LeasedChunk, nowMs: number, extras: readonly TaskExtra[]): void {
    this.link.send(chunk.frame(this.#begin(chunk, nowMs), extras));
  }

  /** Aborts what it was sent and there is a reason to cancel; answers these. */
  cancel(reasonOf: (delivery: Delivery) => string | undefined): Delivery[] {
    const cancelled: Delivery[] = [];
    for (const [batch, sent] of this.#batches) {
      const positions = new Map<string, number[]>();
      for (const at of sent.places()) {
        const delivery = sent.find(at);
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
    return this.#batches.get(batch)?.find(at);
  }

  /** Takes a settled delivery out of its batch; undefined if there is none at that place. */
  take(batch: number, at: number): Delivery | undefined {
    const sent = this.#batches.get(batch);
    const delivery = sent?.take(at);
    if (sent === undefined || delivery === undefined) return undefined;
    this.#settled(batch, sent, 1);
    return delivery;
  }

  /** The chunk of that number, if some of it has not settled. */
  chunk(batch: number): LeasedChunk | undefined {
    const sent = this.#batches.get(batch);
    return sent instanceof LeasedChunk ? sent : undefined;
  }

  /** Takes out what a chunk has answered. */
  takeSpans({ batch, spans }: ChunkSettledFrame): void {
    const chunk = this.chunk(batch);
    if (chunk === undefined) return;
    let count = 0;
    for (const span of spans) count += chunk.endSpan(span);
    this.#settled(batch, chunk, count);
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
    return [...this.#batches.values()].flatMap((batch) => batch.unsettled());
  }

  /** Everything in its line, in order. */
  inLine(): Iterable<Delivery> {
    return this.#line;
  }

  /** What it can be running: it begins tasks in the order in which they were sent. */
  first(): readonly Delivery[] {
    const first: Delivery[] = [];
    for (const sent of this.#batches.values()) {
      for (const at of sent.places().slice(0, this.concurrency - first.length)) {
        const delivery = sent.find(at);
        if (delivery !== undefined) first.push(delivery);
      }
      if (first.length >= this.concurrency) break;
    }
    return first;
  }

  /** The places of the `count` unsettled tasks sent last, the last first. */
  lastPlaces(count: number): TaskPlace[] {
    return this.places().slice(-count).reverse();
  }

  /** The places of everything sent and not settled, in the order in which it was sent. */
  places(): TaskPlace[] {
    return [...this.#batches].flatMap(([batch, sent]) =>
      sent.places().flatMap((at) => {
        const delivery = sent.find(at);
        return delivery === undefined ? [] : [{ batch, at, delivery }];
      }),
    );
  }

  #begin(sent: Batch, nowMs: number): number {
    if (this.inFlight === 0) this.#serviceTime.begin(nowMs);
    this.#lastBatch += 1;
    this.#batches.set(this.#lastBatch, sent);
    this.inFlight += sent.open;
    return this.#lastBatch;
  }

  #settled(batch: number, sent: Batch, count: number): void {
    this.inFlight -= count;
    if (sent.open === 0) this.#batches.delete(batch);
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
