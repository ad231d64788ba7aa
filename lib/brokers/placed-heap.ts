/** Something that can be in a heap; `heapAt` is the heap's own, -1 while it is in none. */
export interface Placed {
  heapAt: number;
}

/**
 * A binary heap, least rank first, whose items know their place, so that any of them can leave in O(log n).
 * An item is in one heap at a time, and its rank does not change while it is.
 *
 *     ranks:   3          parent of i: (i - 1) >> 1
 *            /   \
 *           7     4       children of i: 2i + 1, 2i + 2
 */
export class PlacedHeap<T extends Placed> {
  readonly #items: T[] = [];
  readonly #rankOf: (item: T) => number;

  constructor(rankOf: (item: T) => number) {
    this.#rankOf = rankOf;
  }

  get length(): number {
    return this.#items.length;
  }

  /** The item of the least rank. */
  peekFirst(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Takes one out; false if it was not in. */
  remove(item: T): boolean {
    const at = item.heapAt;
    if (at < 0) return false;
    item.heapAt = -1;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) this.#settle(last, at);
    return true;
  }

  #settle(item: T, at: number): void {
    this.#sink(item, at);
    if (item.heapAt === at) this.#rise(item, at);
  }

  #rise(item: T, from: number): void {
    const rank = this.#rankOf(item);
    let at = from;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#items[parentAt];
      if (parent === undefined || this.#rankOf(parent) <= rank) break;
      this.#put(parent, at);
      at = parentAt;
    }
    this.#put(item, at);
  }

  #sink(item: T, from: number): void {
    const rank = this.#rankOf(item);
    let at = from;
    for (let child = this.#lesserChild(at); child !== undefined; child = this.#lesserChild(at)) {
      if (this.#rankOf(child) >= rank) break;
      const childAt = child.heapAt;
      this.#put(child, at);
      at = childAt;
    }
    this.#put(item, at);
  }

  #lesserChild(at: number): T | undefined {
    const left = this.#items[2 * at + 1];
    const right = this.#items[2 * at + 2];
    if (left === undefined || right === undefined) return left;
    return this.#rankOf(right) < this.#rankOf(left) ? right : left;
  }

  #put(item: T, at: number): void {
    this.#items[at] = item;
    item.heapAt = at;
  }
}
