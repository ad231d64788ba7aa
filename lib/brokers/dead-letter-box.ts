import { Deque } from '../core/deque.js';
import type { Envelope } from '../core/message.js';
import type { DeadLetter } from './contract.js';
import type { DeliveryCounts, QueueJournal } from './queue-journal.js';

/** The dead letters of one queue, the oldest going first when there are too many. */
export class DeadLetterBox {
  readonly #letters = new Deque<DeadLetter>();
  readonly #lettersMax: number;
  readonly #journal: QueueJournal | undefined;

  constructor(lettersMax: number, journal: QueueJournal | undefined) {
    this.#lettersMax = lettersMax;
    this.#journal = journal;
  }

  get list(): DeadLetter[] {
    return [...this.#letters];
  }

  bury(envelope: Envelope, { failures, crashes }: DeliveryCounts, reason: string): void {
    const letter = { id: envelope.id, envelope, failures, crashes, reason };
    this.restore(letter);
    this.#journal?.buried(letter);
  }

  /** Takes back one that an earlier queue left. */
  restore(letter: DeadLetter): void {
    this.#letters.pushBack(letter);
    if (this.#letters.length > this.#lettersMax) this.#letters.popFront();
  }
}
