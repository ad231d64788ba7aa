const PAGE_SLOTS = 256;

interface Page<T> {
  readonly slots: (T | undefined)[];
  used: number;
}

/**
 * Things by a number that grows from thing to thing: a page of 256 slots is there while one of them is used, so that
 * neither a long history nor one old thing costs much.
 *
 *     pages:  0 ▶ [ . . 2 . … ]      7 ▶ [ 1792 1793 . … ]      8 ▶ [ 2048 2049 … ]
 */
export class SeqTable<T extends object | string> {
  readonly #pages = new Map<number, Page<T>>();
  #latestAt = -1;
  #latest: Page<T> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get(seq: number): T | undefined {
    return this.#page(seq)?.slots[seq & (PAGE_SLOTS - 1)];
  }

  set(seq: number, item: T): void {
    const page = this.#page(seq) ?? this.#open(pageOf(seq));
    const slot = seq & (PAGE_SLOTS - 1);
    if (page.slots[slot] === undefined) {
      page.used += 1;
      this.#length += 1;
    }
    page.slots[slot] = item;
  }

  /** Takes one out; false if there is none. */
  delete(seq: number): boolean {
    const page = this.#page(seq);
    const slot = seq & (PAGE_SLOTS - 1);
    if (page?.slots[slot] === undefined) return false;
    page.slots[slot] = undefined;
    page.used -= 1;
    this.#length -= 1;
    if (page.used === 0) this.#close(pageOf(seq));
    return true;
  }

  /** Whether there is anything from `first` to `last`. */
  hasAny(first: number, last: number): boolean {
    for (let seq = first; seq <= last; ) {
      const page = this.#page(seq);
      const end = Math.min(last, (pageOf(seq) + 1) * PAGE_SLOTS - 1);
      for (; page !== undefined && seq <= end; seq += 1) {
        if (page.slots[seq & (PAGE_SLOTS - 1)] !== undefined) return true;
      }
      seq = end + 1;
    }
    return false;
  }

  /** Everything, by increasing number. */
  *values(): IterableIterator<T> {
    for (const at of [...this.#pages.keys()].sort((left, right) => left - right)) {
      for (const item of this.#pages.get(at)?.slots ?? []) if (item !== undefined) yield item;
    }
  }

  #page(seq: number): Page<T> | undefined {
    const at = pageOf(seq);
    if (at === this.#latestAt) return this.#latest;
    const page = this.#pages.get(at);
    if (page === undefined) return undefined;
    this.#latestAt = at;
    this.#latest = page;
    return page;
  }

  #open(at: number): Page<T> {
    const page: Page<T> = { slots: new Array(PAGE_SLOTS).fill(undefined), used: 0 };
    this.#pages.set(at, page);
    this.#latestAt = at;
    this.#latest = page;
    return page;
  }

  #close(at: number): void {
    this.#pages.delete(at);
    this.#latestAt = -1;
    this.#latest = undefined;
  }
}

/** Not by a shift: that would cut a number off at 32 bits. */
function pageOf(seq: number): number {
  return Math.floor(seq / PAGE_SLOTS);
}
