import type { Delivery } from '../../brokers/contract.js';
import { carries, isChunk } from '../chunks/chunk.js';
import { Cancellations, type CancelReasons } from './cancellations.js';
import type { Handout } from './handout.js';
import type { TaskEndings } from './task-endings.js';
import type { TimeLimits } from './time-limits.js';

export interface OwnTasksOptions {
  /** The session under which this coalition's own tasks are published. */
  readonly session: string;
  readonly handout: Handout;
  readonly timeLimits: TimeLimits;
  readonly endings: TaskEndings;
  /** False for a task that nobody waits for, and for a chunk of such tasks alone. */
  readonly isWanted: (delivery: Delivery) => boolean;
}

/** The tasks of this coalition's own submitters, by sequence number: where they are, and how they are given up. */
export class OwnTasks {
  readonly #options: OwnTasksOptions;
  readonly #cancellations = new Cancellations((reasons) => this.#cancel(reasons));

  constructor(options: OwnTasksOptions) {
    this.#options = options;
  }

  /** Whether that task is with a worker now. */
  isRunning(seq: number): boolean {
    const isIt = (delivery: Delivery) => this.#isOurs(delivery) && carries(delivery, seq);
    return [...this.#options.handout.slots.values()].some((slot) => slot.unsettled().some(isIt));
  }

  /**
   * Gives up tasks that nobody waits for any more, once this tick is over: those not sent are settled unseen, those on
   * a worker are aborted, and settled however they end.
   */
  cancel(seqs: Iterable<number>, reason: string): void {
    this.#cancellations.add(seqs, reason);
  }

  #cancel(reasons: CancelReasons): void {
    const { handout, timeLimits, endings, isWanted } = this.#options;
    const reasonOf = (delivery: Delivery) =>
      this.#isOurs(delivery) ? reasons.get(delivery.envelope.seq) : undefined;
    // Of a chunk that waits what nobody wants is not sent: it goes as a whole once nobody wants any of it.
    const waiting = handout.takeWhere((delivery) =>
      isChunk(delivery.envelope) ? !isWanted(delivery) : reasonOf(delivery) !== undefined,
    );
    for (const slot of handout.slots.values())
      for (const delivery of slot.cancel(reasonOf)) timeLimits.expect(slot.id, delivery, 0);
    handout.flush();
    void endings.drop(waiting);
  }

  #isOurs({ envelope }: Delivery): boolean {
    return envelope.producer === this.#options.session;
  }
}
