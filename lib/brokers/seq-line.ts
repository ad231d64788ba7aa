const RUNS = 16;
/** The largest ring kept while empty. */
const RUNS_KEPT_MAX = 4_096;

/**
 * A line of messages by seq, in order of acceptance. What was accepted in a row and at one instant is one run, so that
 * a line of a million messages is a few numbers for each call that published some.
 *
 *     runs:  [ . . 65–128 at 11.0 │ 130–192 at 11.4 │ 193 at 12.1 . ]      a ring, as in `Deque`
 */
export class SeqLine {
  #firsts = new Array<number>(RUNS).fill(0);
  #lasts = new Array<number>(RUNS).fill(0);
  #instantsMs = new Array<number>(RUNS).fill(0);
  #head = 0;
  #runs = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The seq of the first in line; Infinity where there is none. */
  get firstSeq(): number {
    return this.#runs === 0 ? Number.POSITIVE_INFINITY : (this.#firsts[this.#head] ?? 0);
  }

  /** When the first in line was accepted. */
  get firstMs(): number {
    return this.#instantsMs[this.#head] ?? 0;
  }

  /** Adds one that was accepted after all that are in line. */
  pushBack(seq: number, acceptedMs: number): void {
    this.#length += 1;
    const tail = (this.#head + this.#runs - 1) & (this.#firsts.length - 1);
    if (this.#runs > 0 && this.#lasts[tail] === seq - 1 && this.#instantsMs[tail] === acceptedMs)
      this.#lasts[tail] = seq;
    else this.#pushRun(seq, acceptedMs);
  }

  /** Moves the first ones to `taken` until that has `max`. */
  takeInto(taken: number[], max: number): void {
    while (this.#runs > 0 && taken.length < max) {
      const first = this.#firsts[this.#head] ?? 0;
      const last = this.#lasts[this.#head] ?? 0;
      const end = Math.min(last, first + max - taken.length - 1);
      for (let seq = first; seq <= end; seq += 1) taken.push(seq);
      this.#length -= end - first + 1;
      if (end < last) this.#firsts[this.#head] = end + 1;
      else this.#popRun();
    }
  }

  #pushRun(seq: number, acceptedMs: number): void {
    if (this.#runs === this.#firsts.length) this.#grow();
    const at = (this.#head + this.#runs) & (this.#firsts.length - 1);
    this.#firsts[at] = seq;
    this.#lasts[at] = seq;
    this.#instantsMs[at] = acceptedMs;
    this.#runs += 1;
  }

  #popRun(): void {
    this.#head = (this.#head + 1) & (this.#firsts.length - 1);
    this.#runs -= 1;
    if (this.#runs === 0 && this.#firsts.length > RUNS_KEPT_MAX) this.#resize(() => new Array(RUNS).fill(0));
  }

  #grow(): void {
    const head = this.#head;
    this.#resize((ring) => ring.slice(head).concat(ring.slice(0, head), new Array(ring.length).fill(0)));
  }

  #resize(anew: (ring: number[]) => number[]): void {
    this.#firsts = anew(this.#firsts);
    this.#lasts = anew(this.#lasts);
    this.#instantsMs = anew(this.#instantsMs);
    this.#head = 0;
  }
}
