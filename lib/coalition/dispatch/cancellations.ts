/** Why tasks are cancelled, by their sequence numbers. */
export type CancelReasons = ReadonlyMap<number, string>;

/** Cancels of one tick, taken together: each by itself would look through everything that is held. */
export class Cancellations {
  readonly #onTick: (reasons: CancelReasons) => void;
  #reasons = new Map<number, string>();

  constructor(onTick: (reasons: CancelReasons) => void) {
    this.#onTick = onTick;
  }

  /** Notes tasks; of two reasons the first counts. */
  add(seqs: Iterable<number>, reason: string): void {
    if (this.#reasons.size === 0) queueMicrotask(() => this.#end());
    for (const seq of seqs) if (!this.#reasons.has(seq)) this.#reasons.set(seq, reason);
  }

  #end(): void {
    const reasons = this.#reasons;
    this.#reasons = new Map();
    if (reasons.size > 0) this.#onTick(reasons);
  }
}
