import { Deque } from '../core/deque.js';

interface Remembered {
  readonly id: string;
  readonly untilMs: number;
}

/** Ids seen of late: each is remembered for `windowMs`, and never more than `idsMax` of them, the oldest going first. */
export class IdWindow {
  readonly #ids = new Set<string>();
  // A Set alone would do, but V8 walks over the holes that deletions leave at its front.
  readonly #order = new Deque<Remembered>();
  readonly #windowMs: number;
  readonly #idsMax: number;

  constructor(windowMs: number, idsMax: number) {
    this.#windowMs = windowMs;
    this.#idsMax = idsMax;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** Whether `id` is remembered at `nowMs`. */
  has(id: string, nowMs: number): boolean {
    for (let oldest = this.#order.peekFront(); oldest !== undefined; oldest = this.#order.peekFront()) {
      if (oldest.untilMs > nowMs) break;
      this.#forgetOldest();
    }
    return this.#ids.has(id);
  }

  /** Whether `id` is remembered, or was until lately. */
  isKnown(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Remembers an id that it does not have. */
  add(id: string, nowMs: number): void {
    this.#ids.add(id);
    this.#order.pushBack({ id, untilMs: nowMs + this.#windowMs });
    if (this.#ids.size > this.#idsMax) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const oldest = this.#order.popFront();
    if (oldest !== undefined) this.#ids.delete(oldest.id);
  }
}
