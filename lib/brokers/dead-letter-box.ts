import { Deque } from '../core/deque.js';
import type { Envelope } from '../core/message.js';
import type { DeadLetter } from './contract.js';
import type { DeliveryCounts, QueueJournal } from './queue-journal.js';

/** The dead letters of a queue; when there are too many the oldest goes. */
export class DeadLetterBox {
  readonly #letters = new Deque<DeadLetter>();
  readonly #max: number;
  readonly #journal: Pick<QueueJournal, 'buried'> | undefined;

  constructor(max: number, journal: Pick<QueueJournal, 'buried'> | undefined, kept: readonly DeadLetter[]) {
    this.#max = max;
    this.#journal = journal;
    for (const letter of kept) this.#letters.pushBack(letter);
  }

  /** Oldest first. */
  get all(): DeadLetter[] {
    return [...this.#letters];
  }

  bury(envelope: Envelope, { failures, crashes }: DeliveryCounts, reason: string): void {
    const letter = { id: envelope.id, envelope, failures, crashes, reason };
    this.#letters.pushBack(letter);
    this.#journal?.buried(letter);
    if (this.#letters.length > this.#max) this.#letters.popFront();
  }
}
