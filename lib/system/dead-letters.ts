import { Deque } from '../core/deque.js';
import type { ActorDeadLetter } from './exit.js';

/** The last dead letters of a system; the oldest make room for new ones. */
export class DeadLetters {
  readonly #max: number;
  readonly #letters = new Deque<ActorDeadLetter>();
  #total = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** All that there ever were. */
  get total(): number {
    return this.#total;
  }

  add(letter: ActorDeadLetter): void {
    this.#total += 1;
    this.#letters.pushBack(letter);
    if (this.#letters.length > this.#max) this.#letters.popFront();
  }

  /** Oldest first. */
  list(): readonly ActorDeadLetter[] {
    return [...this.#letters];
  }
}
