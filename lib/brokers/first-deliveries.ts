import type { Envelope } from '../core/message.js';
import { type Due, DueHeap } from './due-heap.js';
import { KeyLines } from './key-lines.js';
import { type Ready, ReadyLanes } from './ready-lanes.js';

/** A message that a queue holds, as its first delivery sees it. */
export interface Undelivered extends Ready, Due {
  readonly envelope: Envelope;
}

/**
 * What was never given out, and what decides when it may be:
 *
 *     accept ──▶ held back ──▶ delayed ──▶ ready ──▶ taken
 *                (its key)     (delayMs)
 *
 * A message goes past what does not concern it. The keys are occupied until the message is settled, whatever becomes
 * of it in between.
 */
export class FirstDeliveries<T extends Undelivered> {
  readonly #ready = new ReadyLanes<T>();
  readonly #delayed = new DueHeap<T>();
  readonly #keys = new KeyLines<T>();

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

  /** Whether a message of that key that has been taken in is unsettled. */
  isOccupied(orderingKey: string): boolean {
    return this.#keys.has(orderingKey);
  }

  /** Takes in the latest message of the queue. */
  accept(item: T, nowMs: number): void {
    const { orderingKey } = item.envelope;
    if (orderingKey !== undefined && !this.#keys.enter(orderingKey, item)) return;
    if (item.dueMs > nowMs) this.#delayed.push(item);
    else this.#ready.pushLatest(item);
  }

  /** Takes in the latest message of the queue, which was given out before and is not to be given out here. */
  occupy(item: T): void {
    const { orderingKey } = item.envelope;
    if (orderingKey !== undefined) this.#keys.enter(orderingKey, item);
  }

  /** Gives out as `ReadyLanes.takeInto` does. */
  takeInto(taken: T[], max: number, ageingMs: number | undefined): void {
    if (this.#ready.length > 0) this.#ready.takeInto(taken, max, ageingMs);
  }

  /** Lets go of a message that was given out and is settled for good: the next of its key may come. */
  settle(item: T, nowMs: number): void {
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
