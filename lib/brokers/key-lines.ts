/**
 * The lines of the ordering keys: of each key the oldest unsettled message is first, and the others wait behind it.
 * A key of which nothing is unsettled takes no memory.
 *
 *     last:  'a' ▶ 12     line of 'a':  3 ──▶ 7 ──▶ 12      3 is ready, delayed, returned or in flight
 *            'b' ▶ 5      line of 'b':  5
 *
 *     successors:  3 ▶ 7, 7 ▶ 12          beside the messages, of which most have no key
 */
export class KeyLines<T extends { readonly seq: number }> {
  readonly #last = new Map<string, T>();
  readonly #successors = new Map<number, T>();

  /** Messages that wait behind another of their key. */
  get waiting(): number {
    return this.#successors.size;
  }

  /** Keys of which something is unsettled. */
  get size(): number {
    return this.#last.size;
  }

  /** Whether anything of that key is unsettled. */
  has(key: string): boolean {
    return this.#last.has(key);
  }

  /** Puts a message at the end of its key's line; whether it is the first there. */
  enter(key: string, item: T): boolean {
    const last = this.#last.get(key);
    this.#last.set(key, item);
    if (last === undefined) return true;
    this.#successors.set(last.seq, item);
    return false;
  }

  /** Takes the first of a key's line out of it; answers the one that is first now. */
  leave(key: string, first: T): T | undefined {
    const successor = this.#successors.get(first.seq);
    if (successor === undefined) this.#last.delete(key);
    else this.#successors.delete(first.seq);
    return successor;
  }
}
