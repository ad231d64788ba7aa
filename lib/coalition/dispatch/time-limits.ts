import type { Delivery } from '../../brokers/contract.js';
import { type Due, DueHeap } from '../../brokers/due-heap.js';
import type { Clock } from '../../core/clock.js';
import { Alarm } from './alarm.js';
import type { WorkerSlot } from './worker-slot.js';

/** A task on a worker that must have settled by then. */
interface Deadline extends Due {
  readonly delivery: Delivery;
  readonly worker: string;
}

export interface TimeLimitsOptions {
  readonly clock: Clock;
  /** How long a handler may go on after it was told to stop. */
  readonly graceMs: number;
  /** The workers, by name. */
  readonly slots: ReadonlyMap<string, WorkerSlot>;
  /** This worker is being ended; its end will be told like any other's. */
  readonly onCondemned: (slot: WorkerSlot) => void;
}

/**
 * Tasks on workers that must settle in time: those whose time limit began to run, and those that were cancelled.
 * The worker itself aborts them; a task still there after the grace holds its worker up, and the worker is ended.
 */
export class TimeLimits {
  readonly #options: TimeLimitsOptions;
  readonly #deadlines = new Map<Delivery, Deadline>();
  readonly #heap = new DueHeap<Deadline>();
  readonly #alarm: Alarm;

  constructor(options: TimeLimitsOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => this.#ring());
  }

  /** This task should settle within `inMs`, and must within the grace after it; of two bounds the earlier holds. */
  expect(worker: string, delivery: Delivery, inMs: number): void {
    const { clock, graceMs } = this.#options;
    const dueMs = clock.nowMs() + inMs + graceMs;
    const known = this.#deadlines.get(delivery);
    if (known !== undefined && known.dueMs <= dueMs) return;
    this.forget(delivery);
    const deadline: Deadline = { dueMs, worker, delivery, heapAt: -1 };
    this.#deadlines.set(delivery, deadline);
    this.#heap.push(deadline);
    this.#alarm.ringBy(dueMs);
  }

  /** It has settled, or its worker is gone. */
  forget(delivery: Delivery): void {
    if (this.#deadlines.size === 0) return;
    const deadline = this.#deadlines.get(delivery);
    if (deadline === undefined) return;
    this.#deadlines.delete(delivery);
    this.#heap.remove(deadline);
  }

  close(): void {
    this.#alarm.cancel();
  }

  #ring(): void {
    const overdue = new Map<string, Delivery[]>();
    for (const { worker, delivery } of this.#heap.takeDue(this.#options.clock.nowMs())) {
      this.#deadlines.delete(delivery);
      const others = overdue.get(worker);
      if (others === undefined) overdue.set(worker, [delivery]);
      else others.push(delivery);
    }
    if (this.#heap.length > 0) this.#alarm.ringBy(this.#heap.nextMs);
    for (const [worker, deliveries] of overdue) this.#judge(worker, deliveries);
  }

  /** Ends a worker that tasks hold up; a task that cannot have had its turn yet holds nobody up, and gets its grace anew. */
  #judge(worker: string, overdue: readonly Delivery[]): void {
    const slot = this.#options.slots.get(worker);
    if (slot === undefined) return;
    const running = new Set(slot.first());
    for (const delivery of overdue) if (!running.has(delivery)) this.expect(worker, delivery, 0);
    const culprits = overdue.filter((delivery) => running.has(delivery));
    if (culprits.length === 0) return;
    slot.condemnedFor = new Set([...(slot.condemnedFor ?? []), ...culprits]);
    slot.link.kill();
    this.#options.onCondemned(slot);
  }
}
