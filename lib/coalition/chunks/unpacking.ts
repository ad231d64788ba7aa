import type { Delivery, Fault } from '../../brokers/contract.js';
import type { Envelope } from '../../core/message.js';
import type { Draft, Publisher } from '../tasks/publisher.js';
import type { TaskTable } from '../tasks/task-table.js';
import { ADOPTED } from './chunk.js';

/** What is known of a task that goes on by itself: it may have killed a worker, or has failed for good. */
export type Verdict = 'suspect' | { readonly fault: Fault; readonly error: Error };

/** It has failed, and is to be tried again. */
export interface Retry {
  readonly error: Error;
  readonly delayMs: number;
}

/** A task of a chunk that is to go on by itself. */
export interface Unpacked {
  readonly member: Delivery;
  readonly verdict?: Verdict | undefined;
  readonly retry?: Retry | undefined;
}

export interface UnpackingOptions {
  readonly publisher: Pick<Publisher, 'republish'>;
  readonly table: Pick<TaskTable, 'isOurs' | 'move' | 'failed'>;
  /** So many tasks could not be published: whoever waited for them has been told. */
  readonly onLost: (count: number, error: unknown) => void;
}

/** Under which message a task goes on. */
export type OnMoved = (member: Delivery, envelope: Envelope) => void;

/**
 * Publishes tasks of a chunk again, each as a message of its own with the id it has: what fails, is recalled or may have
 * killed a worker then goes the way of any other task. What is known of one is kept here until it comes back; should
 * this process die before, the task runs once more than it had to.
 */
export class Unpacking {
  readonly #options: UnpackingOptions;
  readonly #verdicts = new Map<number, Verdict>();

  constructor(options: UnpackingOptions) {
    this.#options = options;
  }

  /**
   * Resolves once the broker has them; of those it could not be given whoever waited is told why.
   * @throws why, where nobody here waits for them.
   */
  async publish(unpacked: readonly Unpacked[], onMoved: OnMoved): Promise<void> {
    if (unpacked.length === 0) return;
    const seqs = new Map(unpacked.map(({ member }) => [member.envelope.id, member.envelope.seq]));
    const byId = new Map(unpacked.map((each) => [each.member.envelope.id, each]));
    const stamped = (envelopes: readonly Envelope[]) => {
      for (const envelope of envelopes) {
        const { member, verdict } = byId.get(envelope.id) ?? {};
        const seq = seqs.get(envelope.id);
        if (member === undefined || seq === undefined) continue;
        if (this.#isOurs(member)) this.#options.table.move(seq, envelope);
        onMoved(member, envelope);
        seqs.set(envelope.id, envelope.seq);
        if (verdict !== undefined) this.#verdicts.set(envelope.seq, verdict);
      }
    };
    const refused = (envelopes: readonly Envelope[]) => {
      for (const { seq } of envelopes) this.#verdicts.delete(seq);
    };
    const drafts = unpacked.map((each) => draftOf(each, !this.#isOurs(each.member)));
    try {
      await this.#options.publisher.republish(drafts, { stamped, refused });
    } catch (error) {
      this.#lose(unpacked, (member) => seqs.get(member.envelope.id) ?? member.envelope.seq, error);
      if (!unpacked.every(({ member }) => this.#isOurs(member))) throw error;
    }
  }

  /** What is known of a task that has come back by itself: told once. */
  take({ envelope }: Delivery): Verdict | undefined {
    if (this.#verdicts.size === 0) return undefined;
    const verdict = this.#verdicts.get(envelope.seq);
    this.#verdicts.delete(envelope.seq);
    return verdict;
  }

  #lose(unpacked: readonly Unpacked[], seqOf: (member: Delivery) => number, thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    let lost = 0;
    for (const { member } of unpacked) {
      if (!this.#isOurs(member)) continue;
      const envelope = { ...member.envelope, seq: seqOf(member) };
      lost += this.#options.table.failed({ ...member, envelope }, error);
    }
    if (lost > 0) this.#options.onLost(lost, error);
  }

  #isOurs({ envelope }: Delivery): boolean {
    return this.#options.table.isOurs(envelope);
  }
}

function draftOf({ member, retry }: Unpacked, isAdopted: boolean): Draft {
  const { kind, agent, payload, id, priority, tries } = member.envelope;
  const { deliveries, failures } = member;
  const draft = { kind, agent, payload, id, priority, tries, deliveries, failures };
  const kept = isAdopted ? { ...draft, headers: ADOPTED } : draft;
  return retry === undefined ? kept : { ...kept, delayMs: retry.delayMs, failures: failures + 1 };
}
