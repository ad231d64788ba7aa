import type { Delivery } from '../../brokers/contract.js';
import { type Envelope, producedId } from '../../core/message.js';
import type { Encoded } from '../../core/value.js';
import type { Outcome } from './outcome.js';
import type { TaskOwner } from './task.js';

/** Hears how many tasks this producer owes its callers. */
export interface TaskCounter {
  submitted(count: number): void;
  /** A task of that agent is expected to be answered; told once for many in a row. */
  expected?(agent: string): void;
  settled(count: number): void;
}

/** Who waits for which of this producer's tasks. An entry lives from before its publish until its end. */
export class TaskTable {
  readonly #producer: string;
  readonly #counter: TaskCounter;
  readonly #defer: (callback: () => void) => void;
  readonly #owners = new Map<number, TaskOwner>();
  #submitted = 0;
  #settled = 0;
  #isTellingDue = false;

  /** `defer` calls back when other actors have had their turn. */
  constructor(producer: string, counter: TaskCounter, defer: (callback: () => void) => void) {
    this.#producer = producer;
    this.#counter = counter;
    this.#defer = defer;
  }

  get size(): number {
    return this.#owners.size;
  }

  expect(envelopes: readonly Envelope[], owner: TaskOwner): void {
    let told: string | undefined;
    for (const { seq, agent } of envelopes) {
      this.#owners.set(seq, owner);
      if (agent !== told) this.#counter.expected?.(agent);
      told = agent;
    }
    this.#count(envelopes.length, 0);
  }

  /** The produced id of a task of this producer's. */
  idOf(seq: number): string {
    return producedId(this.#producer, seq);
  }

  /** Who waits for the pending task of that produced id. */
  ownerOf(id: string): TaskOwner | undefined {
    const digits = id.slice(this.#producer.length + 1);
    const isProduced = /^[1-9]\d*$/.test(digits) && id === this.idOf(Number(digits));
    return isProduced ? this.#owners.get(Number(digits)) : undefined;
  }

  /** Nobody will answer these, or nobody waits for them any more. Answers how many were still open. */
  forget(seqs: Iterable<number>): number {
    let forgotten = 0;
    for (const seq of seqs) if (this.#owners.delete(seq)) forgotten += 1;
    this.#count(0, forgotten);
    return forgotten;
  }

  /** A task of a query that ended with the process that ran it: nobody has its shared state, nobody runs its next stage. */
  isOrphan({ envelope }: Delivery): boolean {
    return envelope.headers.query !== undefined && !this.isOurs(envelope);
  }

  /** False for a task of ours that has been answered already, or that nobody waits for any more. */
  isWanted(delivery: Delivery): boolean {
    const { envelope } = delivery;
    return this.isOurs(envelope) ? this.#owners.has(envelope.seq) : !this.isOrphan(delivery);
  }

  /** Whether the broker should keep its answer: another's task may be asked for, ours if it has a handle. */
  isAskedFor(envelope: Envelope): boolean {
    return !this.isOurs(envelope) || this.#owners.get(envelope.seq)?.isAskedFor === true;
  }

  isOurs({ producer }: Envelope): boolean {
    return producer === this.#producer;
  }

  /** Hands over answers; each task's first one counts. Answers how many did. */
  answered(answers: readonly { readonly delivery: Delivery; readonly value: Encoded }[]): number {
    let settled = 0;
    for (const { delivery, value } of answers) {
      const owner = this.#take(delivery.envelope);
      if (owner === undefined) continue;
      settled += 1;
      owner.answered(delivery.envelope.seq, value);
    }
    this.#count(0, settled);
    return settled;
  }

  /** Hands over a failure for good; 1 if somebody waited for it, otherwise 0. */
  failed({ envelope }: Delivery, error: Error): number {
    const owner = this.#take(envelope);
    if (owner === undefined) return 0;
    owner.failed(envelope.seq, error);
    this.#count(0, 1);
    return 1;
  }

  /** Hands over how a task of this producer's ended elsewhere; false if nobody waits for it any more. */
  heard(outcome: Outcome): boolean {
    const { seq } = outcome;
    const owner = this.#owners.get(seq);
    if (owner === undefined) return false;
    this.#owners.delete(seq);
    if (outcome.state === 'completed') owner.answered(seq, outcome.value);
    else owner.failed(seq, outcome.error);
    this.#count(0, 1);
    return true;
  }

  /** Lets whoever waits know that a try has failed and another is to come. */
  retried({ envelope, failures, crashes }: Delivery): void {
    if (envelope.producer !== this.#producer) return;
    this.#owners.get(envelope.seq)?.retried?.(envelope.seq, failures + crashes + 2);
  }

  /** Ends everything still open; how many these were. */
  failAll(error: Error): number {
    const open = [...this.#owners];
    this.#owners.clear();
    for (const [seq, owner] of open) owner.failed(seq, error);
    this.#count(0, open.length);
    return open.length;
  }

  /** Tells the counter what it has not been told yet. */
  tell(): void {
    this.#isTellingDue = false;
    const [submitted, settled] = [this.#submitted, this.#settled];
    this.#submitted = 0;
    this.#settled = 0;
    if (submitted > 0) this.#counter.submitted(submitted);
    if (settled > 0) this.#counter.settled(settled);
  }

  /**
   * Told in sum, once the counter has had its turn: a message for each of ten thousand submits, of one tick or one
   * awaited after the other, would overflow its mailbox.
   */
  #count(submitted: number, settled: number): void {
    this.#submitted += submitted;
    this.#settled += settled;
    if (this.#isTellingDue || submitted + settled === 0) return;
    this.#isTellingDue = true;
    this.#defer(() => this.tell());
  }

  #take(envelope: Envelope): TaskOwner | undefined {
    if (envelope.producer !== this.#producer) return undefined;
    const owner = this.#owners.get(envelope.seq);
    this.#owners.delete(envelope.seq);
    return owner;
  }
}
