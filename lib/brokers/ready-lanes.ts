import { strict as assert } from 'node:assert';
import { Deque } from '../core/deque.js';
import { type Envelope, PRIORITY_MAX } from '../core/message.js';
import { type Placed, PlacedHeap } from './placed-heap.js';

/** When a call of publish accepted what it did: one record for all of them. */
export interface Acceptance {
  readonly atMs: number;
}

/** A message that may be given out for the first time. */
export interface Ready extends Placed {
  /** Its place in the order of acceptance. */
  readonly seq: number;
  readonly accepted: Acceptance;
  readonly envelope: Pick<Envelope, 'priority'>;
}

/**
 * What is ready for a first delivery: a lane a priority, each in order of acceptance. Those that were ready when
 * they were accepted stand in line; those that became ready later, by a delay or a key, in a heap beside it.
 *
 *     9:  [ ]            heap [ ]
 *     …
 *     4:  [ 11 12 15 ]   heap [ 7 13 ]      next of this lane: 7, 11, 12, 13, 15
 *
 * Waiting ages all messages alike, so within a lane the oldest is always the most urgent, and ageing has only to
 * compare the heads of the lanes.
 */
export class ReadyLanes<T extends Ready> {
  readonly #lanes: readonly Lane<T>[] = Array.from({ length: PRIORITY_MAX + 1 }, () => new Lane<T>());
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds the latest of all that were accepted. */
  pushLatest(item: T): void {
    this.#laneOf(item).inLine.pushBack(item);
    this.#length += 1;
  }

  /** Adds one that may have been accepted before others of its priority, in O(log n). */
  insert(item: T): void {
    this.#laneOf(item).late.push(item);
    this.#length += 1;
  }

  /**
   * Moves items to `taken` until that has `max`: larger priorities first, then acceptance. With `ageingMs` each
   * such wait since acceptance counts as one more of priority, and part of it as that part.
   */
  takeInto(taken: T[], max: number, ageingMs?: number): void {
    const before = taken.length;
    if (ageingMs === undefined) this.#takeByPriority(taken, max);
    else this.#takeByUrgency(taken, max, ageingMs);
    this.#length -= taken.length - before;
  }

  #takeByPriority(taken: T[], max: number): void {
    for (let priority = PRIORITY_MAX; priority >= 0; priority -= 1)
      this.#lanes[priority]?.takeInto(taken, max);
  }

  #takeByUrgency(taken: T[], max: number, ageingMs: number): void {
    while (taken.length < max) {
      const lane = this.#mostUrgent(ageingMs);
      if (lane === undefined) return;
      lane.takeInto(taken, taken.length + 1);
    }
  }

  /** The lane of which the head has the largest priority + waited / ageingMs: the least acceptedAt - priority · ageingMs. */
  #mostUrgent(ageingMs: number): Lane<T> | undefined {
    let urgent: Lane<T> | undefined;
    let urgentHead: T | undefined;
    for (const lane of this.#lanes) {
      const head = lane.peekFirst();
      if (head === undefined) continue;
      if (urgentHead !== undefined && !isMoreUrgent(head, urgentHead, ageingMs)) continue;
      urgent = lane;
      urgentHead = head;
    }
    return urgent;
  }

  #laneOf(item: T): Lane<T> {
    return (
      this.#lanes[item.envelope.priority] ?? assert.fail(`priority ${item.envelope.priority} has no lane`)
    );
  }
}

function isMoreUrgent(item: Ready, other: Ready, ageingMs: number): boolean {
  const aheadMs =
    (item.envelope.priority - other.envelope.priority) * ageingMs -
    (item.accepted.atMs - other.accepted.atMs);
  return aheadMs > 0 || (aheadMs === 0 && item.seq < other.seq);
}

/** One priority. */
class Lane<T extends Ready> {
  readonly inLine = new Deque<T>();
  readonly late = new PlacedHeap<T>((item) => item.seq);

  peekFirst(): T | undefined {
    const late = this.late.peekFirst();
    const first = this.inLine.peekFront();
    return late === undefined || (first !== undefined && first.seq < late.seq) ? first : late;
  }

  /** Moves its items to `taken` until that has `max`. */
  takeInto(taken: T[], max: number): void {
    while (taken.length < max) {
      const next = this.late.length === 0 ? this.inLine.popFront() : this.#takeFirst();
      if (next === undefined) return;
      taken.push(next);
    }
  }

  #takeFirst(): T | undefined {
    const first = this.peekFirst();
    if (first !== undefined && !this.late.remove(first)) this.inLine.popFront();
    return first;
  }
}
