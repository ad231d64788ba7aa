import type { Delivery } from '../../brokers/contract.js';
import { decodeColumns } from '../../core/columns.js';
import type { ChunkFrame, Span, TaskExtra } from '../../core/frame.js';
import type { Batch } from '../dispatch/batch.js';
import { memberOf, tasksIn } from './chunk.js';

/** A chunk that the dispatcher holds: which of its tasks have ended, in this or an earlier worker. */
export class LeasedChunk implements Batch {
  readonly delivery: Delivery;
  readonly count: number;
  /** Ends of its tasks that are not safe yet: before these are, it is not acknowledged. */
  unsafe = 0;
  /** Some of these never will be: its lease brings it back. */
  isLost = false;
  /** It has been settled, or let go. */
  isOver = false;
  readonly #hasEnded: Uint8Array;
  readonly #members = new Map<number, Delivery>();
  #payloads: readonly unknown[] | undefined;
  #open: number;

  constructor(delivery: Delivery) {
    this.delivery = delivery;
    this.count = tasksIn(delivery.envelope);
    this.#hasEnded = new Uint8Array(this.count);
    this.#open = this.count;
  }

  get open(): number {
    return this.#open;
  }

  /** Whether that task has yet to end. */
  has(at: number): boolean {
    return this.#hasEnded[at] === 0;
  }

  /** It has ended, or goes on elsewhere; false if it had before. */
  end(at: number): boolean {
    if (!this.has(at)) return false;
    this.#hasEnded[at] = 1;
    this.#open -= 1;
    return true;
  }

  /** Ends some in a row; how many of them had not before. */
  endSpan([from, count]: Span): number {
    let ended = 0;
    for (let at = from; at < from + count; at += 1) if (this.end(at)) ended += 1;
    return ended;
  }

  find(at: number): Delivery | undefined {
    return this.has(at) ? this.member(at) : undefined;
  }

  take(at: number): Delivery | undefined {
    return this.end(at) ? this.member(at) : undefined;
  }

  unsettled(): readonly Delivery[] {
    return this.#open === 0 ? [] : [this.delivery];
  }

  /** A task of it, as a delivery of its own: the same one each time. */
  member(at: number): Delivery {
    const known = this.#members.get(at);
    if (known !== undefined) return known;
    this.#payloads ??= decodeColumns(this.delivery.envelope.payload);
    const member = memberOf(this.delivery, at, this.#payloads[at]);
    this.#members.set(at, member);
    return member;
  }

  /** Those members that somebody has asked for and that have not ended. */
  openMembers(): Delivery[] {
    return [...this.#members].flatMap(([at, member]) => (this.has(at) ? [member] : []));
  }

  /** Where a member stands. */
  placeOf(member: Delivery | undefined): number {
    return (member?.envelope.seq ?? 0) - this.delivery.envelope.seq;
  }

  places(): number[] {
    return this.#positions(0);
  }

  /** What a worker is sent. */
  frame(batch: number, extras: readonly TaskExtra[]): ChunkFrame {
    const { agent, producer, seq: firstSeq, payload: payloads } = this.delivery.envelope;
    const skip = this.#open === this.count ? NONE : this.#positions(1);
    return { type: 'chunk', batch, agent, producer, firstSeq, count: this.count, skip, payloads, extras };
  }

  #positions(hasEnded: 0 | 1): number[] {
    const positions: number[] = [];
    for (let at = 0; at < this.count; at += 1) if (this.#hasEnded[at] === hasEnded) positions.push(at);
    return positions;
  }
}

const NONE: readonly number[] = [];
