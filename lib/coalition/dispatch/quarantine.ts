import type { Delivery } from '../../brokers/contract.js';
import { Deque } from '../../core/deque.js';

/**
 * Tasks that were in flight when a worker died, or were found guilty before: each runs alone next, so that only
 * the guilty one is counted. One whose agent may start nothing now waits, and holds nobody up.
 */
export class Quarantine {
  readonly #suspects = new Deque<Delivery>();

  get length(): number {
    return this.#suspects.length;
  }

  push(delivery: Delivery): void {
    this.#suspects.pushBack(delivery);
  }

  /** Whether one may run now. */
  hasReady(mayStart: (delivery: Delivery) => boolean): boolean {
    for (const suspect of this.#suspects) if (mayStart(suspect)) return true;
    return false;
  }

  /** Takes out the first that may run now. */
  take(mayStart: (delivery: Delivery) => boolean): Delivery | undefined {
    let isTaken = false;
    const [taken] = this.takeWhere((suspect) => {
      const fits = !isTaken && mayStart(suspect);
      isTaken ||= fits;
      return fits;
    });
    return taken;
  }

  /** Takes out all that fit, in order. */
  takeWhere(fits: (delivery: Delivery) => boolean): Delivery[] {
    const taken: Delivery[] = [];
    for (const suspect of this.takeAll()) {
      if (fits(suspect)) taken.push(suspect);
      else this.#suspects.pushBack(suspect);
    }
    return taken;
  }

  takeAll(): Delivery[] {
    return this.#suspects.takeFront(this.#suspects.length);
  }

  [Symbol.iterator](): IterableIterator<Delivery> {
    return this.#suspects[Symbol.iterator]();
  }
}
