import { strict as assert } from 'node:assert';
import { type Envelope, PRIORITY_MAX } from '../core/message.js';
import { type Placed, PlacedHeap } from './placed-heap.js';
import { SeqLine } from './seq-line.js';

/** A message that became ready later than it was accepted. */
export interface Late extends Placed {
  /** Its place in the order of acceptance. */
  readonly seq: number;
  readonly acceptedMs: number;
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
export class ReadyLanes {
  readonly #lanes: readonly Lane[] = Array.from({ length: PRIORITY_MAX + 1 }, () => new Lane());
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Messages of one priority. */
  lengthOf(priority: number): number {
    return this.#laneOf(priority).length;
  }

  /** Adds the latest of all that were accepted. */
  pushLatest(seq: number, priority: number, acceptedMs: number): void {
    this.#laneOf(priority).inLine.pushBack(seq, acceptedMs);
    this.#length += 1;
  }

  /** Adds one that may have been accepted before others of its priority, in O(log n). */
  insert(item: Late): void {
    this.#laneOf(item.envelope.priority).late.push(item);
    this.#length += 1;
  }

  /**
   * Moves seqs to `taken` until that has `max`: larger priorities first, then acceptance. With `ageingMs` each
   * such wait since acceptance counts as one more of priority, and part of it as that part.
   */
  takeInto(taken: number[], max: number, ageingMs?: number): void {
    const before = taken.length;
    if (ageingMs === undefined) this.#takeByPriority(taken, max);
    else this.#takeByUrgency(taken, max, ageingMs);
    this.#length -= taken.length - before;
  }

  #takeByPriority(taken: number[], max: number): void {
    for (let priority = PRIORITY_MAX; priority >= 0 && taken.length < max; priority -= 1) {
      const lane = this.#lanes[priority];
      if (lane !== undefined && lane.length > 0) lane.takeInto(taken, max);
    }
  }

  #takeByUrgency(taken: number[], max: number, ageingMs: number): void {
    const waiting = this.#lanes.filter((lane) => lane.length > 0);
    if (waiting.length === 1) waiting[0]?.takeInto(taken, max);
    while (taken.length < max) {
      const priority = this.#mostUrgent(ageingMs);
      if (priority < 0) return;
      this.#laneOf(priority).takeInto(taken, taken.length + 1);
    }
  }

  /** The priority of which the first has the largest priority + waited / ageingMs; -1 where there is nothing. */
  #mostUrgent(ageingMs: number): number {
    let urgent = -1;
    for (let priority = 0; priority <= PRIORITY_MAX; priority += 1) {
      if (this.#laneOf(priority).length === 0) continue;
      if (urgent < 0 || this.#isMoreUrgent(priority, urgent, ageingMs)) urgent = priority;
    }
    return urgent;
  }

  #isMoreUrgent(priority: number, other: number, ageingMs: number): boolean {
    const lane = this.#laneOf(priority);
    const otherLane = this.#laneOf(other);
    const aheadMs = (priority - other) * ageingMs - (lane.firstMs - otherLane.firstMs);
    return aheadMs > 0 || (aheadMs === 0 && lane.firstSeq < otherLane.firstSeq);
  }

  #laneOf(priority: number): Lane {
    return this.#lanes[priority] ?? assert.fail(`priority ${priority} has no lane`);
  }
}

/** One priority. */
class Lane {
  readonly inLine = new SeqLine();
  readonly late = new PlacedHeap<Late>((item) => item.seq);

  get length(): number {
    return this.inLine.length + this.late.length;
  }

  get firstSeq(): number {
    return Math.min(this.inLine.firstSeq, this.late.peekFirst()?.seq ?? Number.POSITIVE_INFINITY);
  }

  get firstMs(): number {
    const late = this.#lateFirst();
    return late === undefined ? this.inLine.firstMs : late.acceptedMs;
  }

  /** Moves its seqs to `taken` until that has `max`. */
  takeInto(taken: number[], max: number): void {
    while (this.late.length > 0 && taken.length < max) {
      const late = this.#lateFirst();
      if (late === undefined) this.inLine.takeInto(taken, taken.length + 1);
      else {
        this.late.remove(late);
        taken.push(late.seq);
      }
    }
    this.inLine.takeInto(taken, max);
  }

  /** The first, if it is late. */
  #lateFirst(): Late | undefined {
    const late = this.late.peekFirst();
    return late !== undefined && late.seq < this.inLine.firstSeq ? late : undefined;
  }
}
