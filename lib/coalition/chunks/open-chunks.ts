import type { Span } from '../../core/frame.js';
import type { Envelope } from '../../core/message.js';
import type { TaskOwner } from '../tasks/task.js';
import { tasksIn } from './chunk.js';

/** A chunk of this producer's: who waits for its tasks, and which nobody waits for any more. */
export class OpenChunk {
  readonly firstSeq: number;
  readonly count: number;
  readonly owner: TaskOwner;
  readonly #isClosed: Uint8Array;
  #open: number;

  constructor(envelope: Envelope, owner: TaskOwner) {
    this.firstSeq = envelope.seq;
    this.count = tasksIn(envelope);
    this.owner = owner;
    this.#isClosed = new Uint8Array(this.count);
    this.#open = this.count;
  }

  /** Tasks that somebody waits for. */
  get open(): number {
    return this.#open;
  }

  has(seq: number): boolean {
    return this.#isClosed[seq - this.firstSeq] === 0;
  }

  /** Nobody waits for it any more; false if nobody did. */
  close(seq: number): boolean {
    if (!this.has(seq)) return false;
    this.#isClosed[seq - this.firstSeq] = 1;
    this.#open -= 1;
    return true;
  }

  /** Closes some in a row if all of them are open. */
  closeSpans(spans: readonly Span[]): boolean {
    if (this.#open < this.count && !spans.every((span) => this.#isOpen(span))) return false;
    for (const [from, count] of spans) {
      this.#isClosed.fill(1, from, from + count);
      this.#open -= count;
    }
    return true;
  }

  /** The sequence numbers of those that are open. */
  *openSeqs(): IterableIterator<number> {
    for (let at = 0; at < this.count; at += 1) if (this.#isClosed[at] === 0) yield this.firstSeq + at;
  }

  /** Where those stand that are closed. */
  *closedPlaces(): IterableIterator<number> {
    if (this.#open === this.count) return;
    for (let at = 0; at < this.count; at += 1) if (this.#isClosed[at] === 1) yield at;
  }

  #isOpen([from, count]: Span): boolean {
    const closed = this.#isClosed.indexOf(1, from);
    return closed === -1 || closed >= from + count;
  }
}

/** The chunks of a producer of which somebody waits for a task. */
export class OpenChunks {
  readonly #chunks = new Map<number, OpenChunk>();
  #last: OpenChunk | undefined;

  add(chunk: OpenChunk): void {
    this.#chunks.set(chunk.firstSeq, chunk);
  }

  /** By the sequence number of its message. */
  get(firstSeq: number): OpenChunk | undefined {
    return this.#chunks.get(firstSeq);
  }

  /** The one with that task. Who asks for many, asks in order: the last answer is the next one's, most often. */
  holding(seq: number): OpenChunk | undefined {
    if (this.#last !== undefined && holds(this.#last, seq)) return this.#last;
    for (const chunk of this.#chunks.values()) {
      if (!holds(chunk, seq)) continue;
      this.#last = chunk;
      return chunk;
    }
    return undefined;
  }

  /** Nobody waits for anything in it. */
  drop(chunk: OpenChunk): void {
    this.#chunks.delete(chunk.firstSeq);
    if (this.#last === chunk) this.#last = undefined;
  }

  takeAll(): OpenChunk[] {
    const chunks = [...this.#chunks.values()];
    this.#chunks.clear();
    this.#last = undefined;
    return chunks;
  }
}

function holds({ firstSeq, count }: OpenChunk, seq: number): boolean {
  return seq >= firstSeq && seq < firstSeq + count;
}
