import { DueHeap } from './due-heap.js';
import type { Held } from './held.js';
import { KeyLines } from './key-lines.js';
import { ReadyLanes } from './ready-lanes.js';

/**
 * What was never given out, and what decides when it may be:
 *
 *     accept ──▶ held back ──▶ delayed ──▶ ready ──▶ taken
 *                (its key)     (delayMs)
 *
 * A message goes past what does not concern it. The keys are occupied until the message is settled, whatever becomes
 * of it in between.
 */
export class FirstDeliveries {
  readonly #ready = new ReadyLanes();
  readonly #delayed = new DueHeap<Held>();
  readonly #keys = new KeyLines<Held>();

  get ready(): number {
    return this.#ready.length;
  }

  get delayed(): number {
    return this.#delayed.length;
  }

  get heldBack(): number {
    return this.#keys.waiting;
  }

  /** When the next delay has passed; Infinity when there is none. */
  get nextMs(): number {
    return this.#delayed.nextMs;
  }

  /** Whether it wants to see each message, also one that nothing keeps from being given out. */
  get seesAll(): boolean {
    return false;
  }

  /** Messages of one priority that are ready. */
  readyOf(priority: number): number {
    return this.#ready.lengthOf(priority);
  }

  /** Whether a message of that key that has been taken in is unsettled. */
  isOccupied(orderingKey: string): boolean {
    return this.#keys.has(orderingKey);
  }

  /** Takes in the latest message of the queue, which has no key and no delay. */
  acceptReady(seq: number, priority: number, acceptedMs: number): void {
    this.#ready.pushLatest(seq, priority, acceptedMs);
  }

  /** Takes in the latest message of the queue. */
  accept(item: Held, nowMs: number): void {
    const { orderingKey, priority } = item.envelope;
    if (orderingKey !== undefined && !this.#keys.enter(orderingKey, item)) return;
    if (item.dueMs > nowMs) this.#delayed.push(item);
    else this.#ready.pushLatest(item.seq, priority, item.acceptedMs);
  }

  /** Takes in the latest message of the queue, which was given out before and is not to be given out here. */
  occupy(item: Held): void {
    const { orderingKey } = item.envelope;
    if (orderingKey !== undefined) this.#keys.enter(orderingKey, item);
  }

  /** Gives out as `ReadyLanes.takeInto` does. */
  takeInto(taken: number[], max: number, ageingMs: number | undefined): void {
    if (this.#ready.length > 0) this.#ready.takeInto(taken, max, ageingMs);
  }

  /** Lets go of a message that was given out and is settled for good: the next of its key may come. */
  settle(item: Held, nowMs: number): void {
    const { orderingKey } = item.envelope;
    if (orderingKey === undefined) return;
    const next = this.#keys.leave(orderingKey, item);
    if (next === undefined) return;
    if (next.dueMs > nowMs) this.#delayed.push(next);
    else this.#ready.insert(next);
  }

  /** Makes ready whatever has fallen due. */
  catchUp(nowMs: number): void {
    if (this.#delayed.nextMs > nowMs) return;
    for (const item of this.#delayed.takeDue(nowMs)) this.#ready.insert(item);
  }
}
