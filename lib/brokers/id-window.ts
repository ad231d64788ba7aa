import { randomInteger, systemRandom } from '../core/random.js';

const PLACES = 64;
/** The largest ring kept while empty. */
const PLACES_KEPT_MAX = 4_096;
/** Nobody who chooses ids knows it, so nobody can choose them so that all of them meet in one slot. */
const SEED = randomInteger(systemRandom, 2 ** 32);

/**
 * Ids seen of late: each is remembered for `windowMs`, and never more than `idsMax` of them, the oldest going first.
 *
 *     ring    [ . . 'order-7' 'order-8' 'order-9' . ]     with the time until which each counts, and its hash
 *     slots   [ 0 4 0 0 3 5 0 … ]                         place + 1 by hash, the next free one if it is taken
 *
 * Twice as many slots as places, and next to each its hash: an id that is not there costs a look at one or two of
 * them, and an id is compared only where all of its hash is the same. A `Set` of a million takes three times as long.
 */
export class IdWindow {
  readonly #windowMs: number;
  readonly #idsMax: number;
  readonly #hashOf: (id: string) => number;
  #ids = new Array<string | undefined>(PLACES).fill(undefined);
  #untilMs = new Float64Array(PLACES);
  #hashes = new Int32Array(PLACES);
  /** Pairs of a place + 1, or 0, and its hash. */
  #slots = new Int32Array(4 * PLACES);
  #head = 0;
  #length = 0;
  #askedId = '';
  #askedHash: number;

  constructor(windowMs: number, idsMax: number, hashOf: (id: string) => number = hashOfText) {
    this.#windowMs = windowMs;
    this.#idsMax = idsMax;
    this.#hashOf = hashOf;
    this.#askedHash = hashOf('');
  }

  get size(): number {
    return this.#length;
  }

  /** Whether `id` is remembered at `nowMs`. */
  has(id: string, nowMs: number): boolean {
    while (this.#length > 0 && (this.#untilMs[this.#head] ?? 0) <= nowMs) this.#forgetOldest();
    return this.isKnown(id);
  }

  /** Whether `id` is remembered, or was until lately. */
  isKnown(id: string): boolean {
    return this.#slots[this.#slotFor(id)] !== 0;
  }

  /** Remembers an id that it does not have. */
  add(id: string, nowMs: number): void {
    if (this.#length === this.#ids.length) this.#resize(2 * this.#ids.length);
    const place = (this.#head + this.#length) & (this.#ids.length - 1);
    const slot = this.#slotFor(id);
    this.#ids[place] = id;
    this.#untilMs[place] = nowMs + this.#windowMs;
    this.#hashes[place] = this.#askedHash;
    this.#slots[slot] = place + 1;
    this.#slots[slot + 1] = this.#askedHash;
    this.#length += 1;
    if (this.#length > this.#idsMax) this.#forgetOldest();
  }

  /** Where in the slots an id is, or else would be put. */
  #slotFor(id: string): number {
    // Asked for, and then added: its letters are looked at once.
    if (id !== this.#askedId) {
      this.#askedHash = this.#hashOf(id) | 0;
      this.#askedId = id;
    }
    const hash = this.#askedHash;
    const last = this.#slots.length - 1;
    let slot = (hash << 1) & last;
    for (let place = this.#slots[slot] ?? 0; place !== 0; place = this.#slots[slot] ?? 0) {
      if (this.#slots[slot + 1] === hash && this.#ids[place - 1] === id) break;
      slot = (slot + 2) & last;
    }
    return slot;
  }

  #forgetOldest(): void {
    const place = this.#head;
    const last = this.#slots.length - 1;
    let slot = ((this.#hashes[place] ?? 0) << 1) & last;
    while (this.#slots[slot] !== place + 1) slot = (slot + 2) & last;
    this.#empty(slot);
    this.#ids[place] = undefined;
    this.#head = (place + 1) & (this.#ids.length - 1);
    this.#length -= 1;
    if (this.#length === 0 && this.#ids.length > PLACES_KEPT_MAX) this.#resize(PLACES);
  }

  /** Empties a slot, and moves up what stands behind it only because it was taken. */
  #empty(slot: number): void {
    const slots = this.#slots;
    const last = slots.length - 1;
    let free = slot;
    for (let at = (slot + 2) & last; slots[at] !== 0; at = (at + 2) & last) {
      const home = ((slots[at + 1] ?? 0) << 1) & last;
      // Not to before its own slot: from there nobody would find it.
      if (((at - home) & last) < ((at - free) & last)) continue;
      slots[free] = slots[at] ?? 0;
      slots[free + 1] = slots[at + 1] ?? 0;
      free = at;
    }
    slots[free] = 0;
  }

  #resize(places: number): void {
    const [ids, untilMs, hashes, head] = [this.#ids, this.#untilMs, this.#hashes, this.#head];
    this.#ids = new Array<string | undefined>(places).fill(undefined);
    this.#untilMs = new Float64Array(places);
    this.#hashes = new Int32Array(places);
    this.#slots = new Int32Array(4 * places);
    this.#head = 0;
    for (let place = 0; place < this.#length; place += 1) {
      const from = (head + place) & (ids.length - 1);
      this.#ids[place] = ids[from];
      this.#untilMs[place] = untilMs[from] ?? 0;
      this.#place(place, hashes[from] ?? 0);
    }
  }

  /** Enters an id that is in no slot. */
  #place(place: number, hash: number): void {
    const last = this.#slots.length - 1;
    let slot = (hash << 1) & last;
    while (this.#slots[slot] !== 0) slot = (slot + 2) & last;
    this.#hashes[place] = hash;
    this.#slots[slot] = place + 1;
    this.#slots[slot + 1] = hash;
  }
}

/** 32 bits of a text. Source: FNV-1a over its UTF-16 units, and the finalizer of MurmurHash3 (both public domain). */
function hashOfText(text: string): number {
  let hash = SEED ^ 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
