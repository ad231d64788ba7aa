/** Something that falls due; `heapAt` is the heap's own, -1 while it is in none. */
export interface Due {
  readonly dueMs: number;
  heapAt: number;
}

/**
 * What falls due, earliest first: a binary heap whose items know their place, so that any of them can leave in
 * O(log n).
 *
 *     items:   3          parent of i: (i - 1) >> 1
 *            /   \
 *           7     4       children of i: 2i + 1, 2i + 2
 */
export class DueHeap<T extends Due> {
  readonly #items: T[] = [];

  get length(): number {
    return this.#items.length;
  }

  /** When the earliest falls due; Infinity when there is none. */
  get nextMs(): number {
    return this.#items[0]?.dueMs ?? Number.POSITIVE_INFINITY;
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

  /** Takes out everything due at or before `untilMs`, earliest first. */
  takeDue(untilMs: number): T[] {
    const taken: T[] = [];
    for (let first = this.#items[0]; first !== undefined && first.dueMs <= untilMs; first = this.#items[0]) {
      this.remove(first);
      taken.push(first);
    }
    return taken;
  }

  #settle(item: T, at: number): void {
    this.#sink(item, at);
    if (item.heapAt === at) this.#rise(item, at);
  }

  #rise(item: T, from: number): void {
    let at = from;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#items[parentAt];
      if (parent === undefined || parent.dueMs <= item.dueMs) break;
      this.#put(parent, at);
      at = parentAt;
    }
    this.#put(item, at);
  }

  #sink(item: T, from: number): void {
    let at = from;
    for (let child = this.#earlierChild(at); child !== undefined; child = this.#earlierChild(at)) {
      if (child.dueMs >= item.dueMs) break;
      const childAt = child.heapAt;
      this.#put(child, at);
      at = childAt;
    }
    this.#put(item, at);
  }

  #earlierChild(at: number): T | undefined {
    const left = this.#items[2 * at + 1];
    const right = this.#items[2 * at + 2];
    return right !== undefined && left !== undefined && right.dueMs < left.dueMs ? right : left;
  }

  #put(item: T, at: number): void {
    this.#items[at] = item;
    item.heapAt = at;
  }
}
