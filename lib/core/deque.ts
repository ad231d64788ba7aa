const SLOTS = 16;
/** The largest ring kept while empty: 32 KiB. */
const SLOTS_KEPT_MAX = 4_096;

/**
 * A double-ended queue on a growing ring: every operation O(1) amortised. Once empty, it gives up a ring of a burst.
 *
 *     slots:  [ . . A B C . . . ]      head = 2, length = 3, capacity a power of two
 *                   ^head  ^tail
 */
export class Deque<T> {
  #slots: (T | undefined)[] = new Array(SLOTS);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  pushBack(item: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item;
    this.#length += 1;
  }

  pushFront(item: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#slots.length - 1);
    this.#slots[this.#head] = item;
    this.#length += 1;
  }

  popFront(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length -= 1;
    if (this.#length === 0) this.#rest();
    return item;
  }

  popBack(): T | undefined {
    if (this.#length === 0) return undefined;
    const at = (this.#head + this.#length - 1) & (this.#slots.length - 1);
    const item = this.#slots[at];
    this.#slots[at] = undefined;
    this.#length -= 1;
    if (this.#length === 0) this.#rest();
    return item;
  }

  peekFront(): T | undefined {
    return this.#slots[this.#head];
  }

  /** Takes up to `count` items from the front, in order. */
  takeFront(count: number): T[] {
    const taken: T[] = [];
    while (taken.length < count) {
      const item = this.popFront();
      if (item === undefined) break;
      taken.push(item);
    }
    return taken;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let offset = 0; offset < this.#length; offset += 1) {
      const item = this.#slots[(this.#head + offset) & (this.#slots.length - 1)];
      if (item !== undefined) yield item;
    }
  }

  #rest(): void {
    this.#head = 0;
    if (this.#slots.length > SLOTS_KEPT_MAX) this.#slots = new Array(SLOTS);
  }

  #grow(): void {
    const slots = this.#slots;
    this.#slots = slots.slice(this.#head).concat(slots.slice(0, this.#head), new Array(slots.length));
    this.#head = 0;
  }
}
