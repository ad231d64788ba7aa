import type { Delivery } from '../../brokers/contract.js';
import type { Span } from '../../core/frame.js';
import { type Envelope, producedId } from '../../core/message.js';
import { type Encoded, encode } from '../../core/value.js';
import type { AnswerColumn } from '../chunks/answer-column.js';
import { isAdopted, isChunk, tasksIn } from '../chunks/chunk.js';
import { OpenChunk, OpenChunks } from '../chunks/open-chunks.js';
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
  readonly #chunks = new OpenChunks();
  /** Ids of tasks that go on under another sequence number. */
  readonly #ids = new Map<number, string>();
  /** Tasks of chunks that somebody waits for. */
  #inChunks = 0;
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
    return this.#owners.size + this.#inChunks;
  }

  expect(envelopes: readonly Envelope[], owner: TaskOwner): void {
    let told: string | undefined;
    let expected = 0;
    for (const envelope of envelopes) {
      const { seq, agent } = envelope;
      const tasks = tasksIn(envelope);
      expected += tasks;
      if (isChunk(envelope)) {
        this.#chunks.add(new OpenChunk(envelope, owner));
        this.#inChunks += tasks;
      } else this.#owners.set(seq, owner);
      if (agent !== told) this.#counter.expected?.(agent);
      told = agent;
    }
    this.#count(expected, 0);
  }

  /** The id of a task of this producer's: the produced one, unless it goes on as another message. */
  idOf(seq: number): string {
    return this.#ids.get(seq) ?? producedId(this.#producer, seq);
  }

  /** A task of a chunk, or one that was moved before, goes on as this message. False if nobody waits for it. */
  move(seq: number, { seq: newSeq, id }: Envelope): boolean {
    const owner = this.#takeSeq(seq);
    if (owner === undefined) return false;
    this.#owners.set(newSeq, owner);
    this.#ids.set(newSeq, id);
    owner.moved?.(seq, newSeq);
    return true;
  }

  /** Which tasks of a chunk nobody waits for; of another producer's all count. */
  closedPlaces({ producer, seq }: Envelope): Iterable<number> {
    return (producer === this.#producer && this.#chunks.get(seq)?.closedPlaces()) || [];
  }

  /** Who waits for the pending task of that produced id. */
  ownerOf(id: string): TaskOwner | undefined {
    const digits = id.slice(this.#producer.length + 1);
    const seq = /^[1-9]\d*$/.test(digits) ? Number(digits) : Number.NaN;
    if (id !== producedId(this.#producer, seq)) return undefined;
    if (this.#owners.has(seq) && !this.#ids.has(seq)) return this.#owners.get(seq);
    return this.#ownerOfMoved(id) ?? this.#chunks.holding(seq)?.owner;
  }

  /** Nobody will answer these, or nobody waits for them any more. Answers how many were still open. */
  forget(seqs: Iterable<number>): number {
    let forgotten = 0;
    for (const seq of seqs) if (this.#takeSeq(seq) !== undefined) forgotten += 1;
    this.#count(0, forgotten);
    return forgotten;
  }

  /** The broker would not take these. */
  refused(envelopes: readonly Envelope[]): void {
    for (const { seq } of envelopes) {
      const chunk = this.#chunks.get(seq);
      this.forget(chunk === undefined ? [seq] : [...chunk.openSeqs()]);
    }
  }

  /** A task of a query that ended with the process that ran it: nobody has its shared state, nobody runs its next stage. */
  isOrphan({ envelope }: Delivery): boolean {
    return envelope.headers.query !== undefined && !this.isOurs(envelope);
  }

  /** False for a task of ours that has been answered already, or that nobody waits for any more. */
  isWanted(delivery: Delivery): boolean {
    const { envelope } = delivery;
    if (!this.isOurs(envelope) || isAdopted(envelope)) return !this.isOrphan(delivery);
    if (isChunk(envelope)) return this.#chunks.get(envelope.seq) !== undefined;
    return this.#owners.has(envelope.seq) || this.#chunks.holding(envelope.seq)?.has(envelope.seq) === true;
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

  /** Hands over answers of a chunk's tasks, in columns; each task's first one counts. Answers how many did. */
  chunkAnswered({ producer, seq }: Envelope, spans: readonly Span[], answers: AnswerColumn): number {
    const chunk = producer === this.#producer ? this.#chunks.get(seq) : undefined;
    if (chunk === undefined) return 0;
    const openBefore = chunk.open;
    if (chunk.owner.chunkAnswered !== undefined && chunk.closeSpans(spans))
      chunk.owner.chunkAnswered(seq, spans, answers);
    else this.#answerEach(chunk, spans, answers);
    const settled = openBefore - chunk.open;
    this.#inChunks -= settled;
    if (chunk.open === 0) this.#chunks.drop(chunk);
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
    const owner = this.#takeSeq(seq);
    if (owner === undefined) return false;
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
    this.#ids.clear();
    for (const [seq, owner] of open) owner.failed(seq, error);
    let failed = open.length;
    for (const chunk of this.#chunks.takeAll()) {
      failed += chunk.open;
      for (const seq of chunk.openSeqs()) chunk.owner.failed(seq, error);
    }
    this.#inChunks = 0;
    this.#count(0, failed);
    return failed;
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
    return envelope.producer === this.#producer ? this.#takeSeq(envelope.seq) : undefined;
  }

  #takeSeq(seq: number): TaskOwner | undefined {
    const owner = this.#owners.get(seq);
    if (owner === undefined) return this.#inChunks === 0 ? undefined : this.#takeOfChunk(seq);
    this.#owners.delete(seq);
    if (this.#ids.size > 0) this.#ids.delete(seq);
    return owner;
  }

  #ownerOfMoved(id: string): TaskOwner | undefined {
    for (const [seq, moved] of this.#ids) if (moved === id) return this.#owners.get(seq);
    return undefined;
  }

  #takeOfChunk(seq: number): TaskOwner | undefined {
    const chunk = this.#chunks.holding(seq);
    if (chunk?.close(seq) !== true) return undefined;
    this.#inChunks -= 1;
    if (chunk.open === 0) this.#chunks.drop(chunk);
    return chunk.owner;
  }

  #answerEach(chunk: OpenChunk, spans: readonly Span[], answers: AnswerColumn): void {
    let next = 0;
    for (const [from, count] of spans) {
      for (let at = from; at < from + count; at += 1, next += 1) {
        const seq = chunk.firstSeq + at;
        if (chunk.close(seq)) chunk.owner.answered(seq, encode(answers.value(next)));
      }
    }
  }
}
