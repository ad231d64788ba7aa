/** A message in the line of its ordering key. */
export interface Keyed<T> {
  /** The next of the same key; the lines' own. */
  successor: T | undefined;
}

/**
 * The lines of the ordering keys: of each key the oldest unsettled message is first, and the others wait behind it.
 * A key of which nothing is unsettled takes no memory.
 *
 *     last:  'a' ──────────────▶ 12          first of 'a' is 3: it is ready, delayed, returned or in flight
 *                    3 ──▶ 7 ──▶ 12          a message knows its successor, so that no key needs a list of its own
 *            'b' ──▶ 5
 */
export class KeyLines<T extends Keyed<T>> {
  readonly #last = new Map<string, T>();
  #waiting = 0;

  /** Messages that wait behind another of their key. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Keys of which something is unsettled. */
  get size(): number {
    return this.#last.size;
  }

  /** Puts a message at the end of its key's line; whether it is the first there. */
  enter(key: string, item: T): boolean {
    const last = this.#last.get(key);
    this.#last.set(key, item);
    if (last === undefined) return true;
    last.successor = item;
    this.#waiting += 1;
    return false;
  }

  /** Takes the first of a key's line out of it; answers the one that is first now. */
  leave(key: string, first: T): T | undefined {
    const { successor } = first;
    first.successor = undefined;
    if (successor === undefined) this.#last.delete(key);
    else this.#waiting -= 1;
    return successor;
  }
}
