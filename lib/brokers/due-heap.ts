import { type Placed, PlacedHeap } from './placed-heap.js';

/** Something that falls due. */
export interface Due extends Placed {
  readonly dueMs: number;
}

/** What falls due, earliest first; any of it can leave in O(log n). */
export class DueHeap<T extends Due> {
  readonly #heap = new PlacedHeap<T>((item) => item.dueMs);

  get length(): number {
    return this.#heap.length;
  }

  /** When the earliest falls due; Infinity when there is none. */
  get nextMs(): number {
    return this.#heap.peekFirst()?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  push(item: T): void {
    this.#heap.push(item);
  }

  /** Takes one out; false if it was not in. */
  remove(item: T): boolean {
    return this.#heap.remove(item);
  }

  /** Takes out everything due at or before `untilMs`, earliest first. */
  takeDue(untilMs: number): T[] {
    const taken: T[] = [];
    for (let first = this.#heap.peekFirst(); first !== undefined; first = this.#heap.peekFirst()) {
      if (first.dueMs > untilMs) break;
      this.#heap.remove(first);
      taken.push(first);
    }
    return taken;
  }
}
