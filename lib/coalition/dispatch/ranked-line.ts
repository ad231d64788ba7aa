import type { Delivery } from '../../brokers/contract.js';

interface Place {
  readonly delivery: Delivery;
  readonly rank: number;
  /** Grows from arrival to arrival; what was put in front has less than all others. */
  readonly order: number;
}

/**
 * Tasks that wait for whoever has room, the largest rank first, FIFO among equals: a binary heap.
 *
 *     places:   9.1         parent of i: (i - 1) >> 1
 *              /   \
 *           4.3     9.2     children of i: 2i + 1, 2i + 2      (rank.order)
 */
export class RankedLine {
  #places: Place[] = [];
  #first = 0;
  #last = 0;

  get length(): number {
    return this.#places.length;
  }

  push(delivery: Delivery, rank: number): void {
    this.#last += 1;
    this.#add({ delivery, rank, order: this.#last });
  }

  /** Before its equals: it was out of the line and has come back. */
  pushFront(delivery: Delivery, rank: number): void {
    this.#first -= 1;
    this.#add({ delivery, rank, order: this.#first });
  }

  /** The next one, left in its place. */
  peek(): Delivery | undefined {
    return this.#places[0]?.delivery;
  }

  pop(): Delivery | undefined {
    const [first] = this.#places;
    const last = this.#places.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first?.delivery;
  }

  /** Takes out all that fit, in no order; the others keep theirs. */
  takeWhere(fits: (delivery: Delivery) => boolean): Delivery[] {
    const taken: Delivery[] = [];
    const before = this.#places;
    this.#places = [];
    for (const place of before) {
      if (fits(place.delivery)) taken.push(place.delivery);
      else this.#add(place);
    }
    return taken;
  }

  /** Everything, in the order in which it would go. */
  takeAll(): Delivery[] {
    const taken = this.#places.sort((left, right) => (goesBefore(left, right) ? -1 : 1));
    this.#places = [];
    return taken.map(({ delivery }) => delivery);
  }

  *[Symbol.iterator](): IterableIterator<Delivery> {
    for (const { delivery } of this.#places) yield delivery;
  }

  #add(place: Place): void {
    let at = this.#places.push(place) - 1;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#places[parentAt];
      if (parent === undefined || !goesBefore(place, parent)) break;
      this.#places[at] = parent;
      at = parentAt;
    }
    this.#places[at] = place;
  }

  /** Puts a place in at the top, where there is a gap, and lets it sink to where it belongs. */
  #sink(place: Place): void {
    let at = 0;
    for (let childAt = this.#firstChild(at); childAt !== undefined; childAt = this.#firstChild(at)) {
      const child = this.#places[childAt];
      if (child === undefined || !goesBefore(child, place)) break;
      this.#places[at] = child;
      at = childAt;
    }
    this.#places[at] = place;
  }

  #firstChild(at: number): number | undefined {
    const [left, right] = [this.#places[2 * at + 1], this.#places[2 * at + 2]];
    if (left === undefined) return undefined;
    return right !== undefined && goesBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
  }
}

function goesBefore(one: Place, other: Place): boolean {
  return one.rank > other.rank || (one.rank === other.rank && one.order < other.order);
}
