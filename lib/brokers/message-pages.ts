import { strict as assert } from 'node:assert';
import type { Envelope } from '../core/message.js';
import type { Encoded } from '../core/value.js';
import { Held } from './held.js';
import { PackedColumns } from './packed-columns.js';

/** No more than a column of bytes can tell apart. */
const PAGE_SLOTS = 256;
/** Fewer are gone too soon for packing to be worth it. */
const UNPACKED_MAX = 1_024;
/** Of a UTF-16 unit in UTF-8. */
export const BYTES_A_CHARACTER_MAX = 3;
/** Pages kept for the next messages, so that a queue that goes on and on makes none. */
const SPARE_PAGES_MAX = 8;

/** A message as it was published; its payload alone, the rest being packed; or a thing of its own. */
type Item = Envelope | Encoded | Held;

class Page<L extends object> {
  firstSeq = 0;
  used = 0;
  readonly items = new Array<Item | undefined>(PAGE_SLOTS).fill(undefined);
  leases: (L | undefined)[] | undefined;
  packed: PackedColumns | undefined;
}

/**
 * The messages of a queue by seq, in pages of 256 slots. A page is there while one of its messages is, so that neither
 * a long history nor one old message costs much, and a message costs its slot in each column of its page:
 *
 *     pages:  0 ▶ [ · · 2 · … ]      7 ▶ [ 1792 1793 · … ]      8 ▶ [ 2048 2049 … ]
 *
 *     items    envelope │ payload of a packed one │ Held │ ·
 *     leases   under which it is out, once something of the page was given out
 *     packed   what makes an envelope of a payload, once something of the page was packed
 */
export class MessagePages<L extends object> {
  /** By their first seqs. */
  readonly #pages = new Map<number, Page<L>>();
  readonly #spare: Page<L>[] = [];
  /** The page that was looked into last. */
  #at: Page<L> | undefined;
  /** The page that was opened last: it stays while it is empty, since the next message goes there. */
  #newest: Page<L> | undefined;
  readonly #unpackedMax: number;
  #length = 0;
  #characters = 0;
  /** Bytes of all payloads, while they are counted. */
  #bytes: number | undefined;

  /** Messages are packed while there are more than so many. */
  constructor(unpackedMax: number = UNPACKED_MAX) {
    this.#unpackedMax = unpackedMax;
  }

  /** Messages. */
  get length(): number {
    return this.#length;
  }

  /**
   * Whether all payloads and this one are no more than so many bytes. A text has no more than three bytes a character:
   * the bytes are counted only once that is not enough to know, since to count those of a text costs more than all the
   * rest of its publish.
   */
  hasRoomFor(payload: Encoded, bytesMax: number): boolean {
    const charactersMax = bytesMax / BYTES_A_CHARACTER_MAX;
    if (this.#characters + payload.length <= charactersMax) {
      if (this.#characters <= charactersMax / 2) this.#bytes = undefined;
      return true;
    }
    this.#bytes ??= this.#countBytes();
    return this.#bytes + Buffer.byteLength(payload) <= bytesMax;
  }

  /** Pages in use: what everything held takes. */
  get pages(): number {
    return this.#pages.size;
  }

  /** Takes in a message that is published here and now, and is packed where many are here. */
  put(seq: number, envelope: Envelope, isProduced: boolean): void {
    const page = this.#take(seq, envelope.payload);
    const slot = seq - page.firstSeq;
    if (this.#length <= this.#unpackedMax) page.items[slot] = envelope;
    else {
      page.items[slot] = envelope.payload;
      page.packed ??= new PackedColumns(PAGE_SLOTS);
      page.packed.pack(slot, envelope, isProduced);
    }
  }

  /** Takes in a message as a thing of its own. */
  hold(held: Held): void {
    const page = this.#take(held.seq, held.envelope.payload);
    page.items[held.seq - page.firstSeq] = held;
  }

  /** A message that is here: as a thing of its own if it is one, as an envelope if not. */
  at(seq: number): Held | Envelope {
    const page = this.#find(seq) ?? missing(seq);
    const slot = seq - page.firstSeq;
    const item = page.items[slot];
    if (typeof item === 'object') return item;
    return (item === undefined ? undefined : page.packed?.unpack(slot, item)) ?? missing(seq);
  }

  /** The message as a thing of its own from now on, given out so often. */
  holdAt(seq: number, deliveries: number): Held {
    const message = this.at(seq);
    if (message instanceof Held) return message;
    const page = this.#find(seq) ?? missing(seq);
    const slot = seq - page.firstSeq;
    const held = new Held(seq, message, 0);
    held.deliveries = deliveries;
    page.items[slot] = held;
    page.packed?.drop(slot);
    return held;
  }

  /** The lease under which a message is out. */
  leaseAt(seq: number): L | undefined {
    const page = this.#find(seq);
    return page?.leases?.[seq - page.firstSeq];
  }

  /** Puts a message that is here under a lease, or under none. */
  leaseTo(seq: number, lease: L | undefined): void {
    const page = this.#find(seq) ?? missing(seq);
    page.leases ??= new Array<L | undefined>(PAGE_SLOTS).fill(undefined);
    page.leases[seq - page.firstSeq] = lease;
  }

  /** Lets go of a message that is here and under no lease; answers it, if it was a thing of its own. */
  drop(seq: number): Held | undefined {
    const page = this.#find(seq) ?? missing(seq);
    const slot = seq - page.firstSeq;
    const item = page.items[slot] ?? missing(seq);
    const payload = payloadOf(item);
    this.#length -= 1;
    this.#characters -= payload.length;
    if (this.#bytes !== undefined) this.#bytes -= Buffer.byteLength(payload);
    page.items[slot] = undefined;
    page.packed?.drop(slot);
    page.used -= 1;
    if (page.used === 0 && page !== this.#newest) this.#close(page);
    return item instanceof Held ? item : undefined;
  }

  /** The page for a message that comes. */
  #take(seq: number, payload: Encoded): Page<L> {
    const page = this.#find(seq) ?? this.#open(seq);
    page.used += 1;
    this.#length += 1;
    this.#characters += payload.length;
    if (this.#bytes !== undefined) this.#bytes += Buffer.byteLength(payload);
    return page;
  }

  #countBytes(): number {
    let bytes = 0;
    for (const { items } of this.#pages.values())
      for (const item of items) if (item !== undefined) bytes += Buffer.byteLength(payloadOf(item));
    return bytes;
  }

  #find(seq: number): Page<L> | undefined {
    const at = this.#at;
    if (at !== undefined && seq >= at.firstSeq && seq < at.firstSeq + PAGE_SLOTS) return at;
    const page = this.#pages.get(firstSeqOf(seq));
    if (page !== undefined) this.#at = page;
    return page;
  }

  #open(seq: number): Page<L> {
    if (this.#newest?.used === 0) this.#close(this.#newest);
    const page = this.#spare.pop() ?? new Page<L>();
    page.firstSeq = firstSeqOf(seq);
    this.#pages.set(page.firstSeq, page);
    this.#at = page;
    this.#newest = page;
    return page;
  }

  #close(page: Page<L>): void {
    this.#pages.delete(page.firstSeq);
    if (this.#at === page) this.#at = undefined;
    if (this.#spare.length === SPARE_PAGES_MAX) return;
    page.packed?.clear();
    this.#spare.push(page);
  }
}

/** Not by a mask: that would cut a number off at 32 bits. */
function firstSeqOf(seq: number): number {
  return seq - (seq % PAGE_SLOTS);
}

function payloadOf(item: Item): Encoded {
  if (typeof item === 'string') return item;
  return item instanceof Held ? item.envelope.payload : item.payload;
}

function missing(seq: number): never {
  return assert.fail(`message ${seq} is in no page of its queue`);
}
