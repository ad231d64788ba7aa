import { type Envelope, type MessageId, messageId, producedId } from '../core/message.js';
import type { Encoded } from '../core/value.js';

/** Heads that are looked through for one that fits, the latest beside them. */
const HEADS_SEARCHED_MAX = 8;

/** An envelope's fields but its id, seq, time and payload, which are those of the message that it was made from. */
type Head = Envelope;

const NO_ID = messageId('');
const NO_PAYLOAD = '' as Encoded;

/**
 * The envelopes of a page, packed. Most of an envelope is the same from message to message, and stands in a head that
 * they share; what differs has a column. A produced id is not kept: it follows from producer and seq.
 *
 *     heads    { producer 'V1St', agent 'square', … }   { … agent 'cube', … }
 *     headAt   0     0     1     0     …
 *     seqs     41    42    43    44    …     with their times beside them; the payloads are the page's own
 */
export class PackedColumns {
  readonly #heads: Head[] = [];
  readonly #headAt: Uint8Array;
  readonly #seqs: Float64Array;
  readonly #enqueuedAtMs: Float64Array;
  #ids: (MessageId | undefined)[] | undefined;
  #latest = 0;

  /** For so many messages, 256 at most, each packed once before the next `clear`. */
  constructor(slots: number) {
    this.#headAt = new Uint8Array(slots);
    this.#seqs = new Float64Array(slots);
    this.#enqueuedAtMs = new Float64Array(slots);
  }

  /** Packs all of an envelope but its payload. */
  pack(slot: number, envelope: Envelope, isProduced: boolean): void {
    this.#headAt[slot] = this.#findHead(envelope);
    this.#seqs[slot] = envelope.seq;
    this.#enqueuedAtMs[slot] = envelope.enqueuedAtMs;
    if (isProduced) return;
    this.#ids ??= new Array(this.#seqs.length).fill(undefined);
    this.#ids[slot] = envelope.id;
  }

  /** The envelope again, equal to what it was. */
  unpack(slot: number, payload: Encoded): Envelope | undefined {
    const head = this.#heads[this.#headAt[slot] ?? 0];
    const seq = this.#seqs[slot];
    const enqueuedAtMs = this.#enqueuedAtMs[slot];
    if (head === undefined || seq === undefined || enqueuedAtMs === undefined) return undefined;
    const id = this.#ids?.[slot] ?? producedId(head.producer, seq);
    return { ...head, id, seq, enqueuedAtMs, payload };
  }

  /** Lets go of what is in that slot. */
  drop(slot: number): void {
    if (this.#ids !== undefined) this.#ids[slot] = undefined;
  }

  /** Makes ready for other messages. */
  clear(): void {
    this.#heads.length = 0;
    this.#ids = undefined;
    this.#latest = 0;
  }

  #findHead(envelope: Envelope): number {
    const latest = this.#heads[this.#latest];
    if (latest !== undefined && isHeadOf(latest, envelope)) return this.#latest;
    const searched = Math.min(this.#heads.length, HEADS_SEARCHED_MAX);
    for (let at = 0; at < searched; at += 1) {
      const head = this.#heads[at];
      if (head === undefined || !isHeadOf(head, envelope)) continue;
      this.#latest = at;
      return at;
    }
    // Without what is the message's own: a head must not keep a payload alive.
    this.#latest = this.#heads.push({ ...envelope, id: NO_ID, payload: NO_PAYLOAD }) - 1;
    return this.#latest;
  }
}

function isHeadOf(head: Head, envelope: Envelope): boolean {
  return (
    head.producer === envelope.producer &&
    head.agent === envelope.agent &&
    head.kind === envelope.kind &&
    head.priority === envelope.priority &&
    head.epoch === envelope.epoch &&
    head.queue === envelope.queue &&
    head.coalition === envelope.coalition &&
    head.v === envelope.v &&
    head.orderingKey === envelope.orderingKey &&
    head.delayMs === envelope.delayMs &&
    head.deliveries === envelope.deliveries &&
    head.failures === envelope.failures &&
    head.crashes === envelope.crashes &&
    (head.tries === envelope.tries || (isEmpty(head.tries) && isEmpty(envelope.tries))) &&
    (head.headers === envelope.headers || isSameText(head.headers, envelope.headers))
  );
}

function isSameText(left: Envelope['headers'], right: Envelope['headers']): boolean {
  let keys = 0;
  for (const key in left) {
    if (left[key] !== right[key]) return false;
    keys += 1;
  }
  for (const _ in right) keys -= 1;
  return keys === 0;
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}
