import type { Clock } from '../core/clock.js';
import { Deque } from '../core/deque.js';
import type { Limits } from '../core/limits.js';
import { ENVELOPE_VERSION, type Envelope, hasProducedId } from '../core/message.js';
import { Admission, unknownVersion } from './admission.js';
import type {
  Acknowledgement,
  Delivery,
  PublishOutcome,
  QueueDepth,
  Receipt,
  ReceiveRequest,
  Refusal,
  RefusalOutcome,
  SettleOutcome,
} from './contract.js';
import { DeadLetterBox } from './dead-letter-box.js';
import { DueHeap } from './due-heap.js';
import { FirstDeliveries } from './first-deliveries.js';
import { Held } from './held.js';
import { Identities } from './identities.js';
import { type Lease, LeaseTable } from './lease-table.js';
import { MessagePages } from './message-pages.js';
import type { KeptQueue, MemoryQueueOptions as Options } from './queue-journal.js';
import { WaitingLine } from './waiting-line.js';

/**
 * One queue in memory. Each message is in exactly one place until it is settled (`fresh` has places of its own):
 *
 *     publish ──▶ fresh ──▶ in flight ──▶ acked, or a dead letter
 *                             │   ▲
 *               nack, expiry  ▼   │
 *                           returned ◀── delayed ◀── nack with a delay
 *
 * Time is looked at when something is asked of the queue, and by a timer only while a receiver waits.
 */
export class MemoryQueue {
  readonly #clock: Clock;
  readonly #admission: Admission;
  readonly #messages: MessagePages<Lease>;
  readonly #fresh: FirstDeliveries;
  readonly #returned = new Deque<Held>();
  readonly #delayed = new DueHeap<Held>();
  readonly #inFlight: LeaseTable;
  readonly #deadLetters: DeadLetterBox;
  readonly #waiting: WaitingLine;
  readonly #answers: Options['answers'];
  readonly #journal: Options['journal'];
  #seq = 0;
  #settled = 0;

  constructor(clock: Clock, limits: Limits, options: Options = {}, fresh = new FirstDeliveries()) {
    const { answers, tokenMark = '', journal, kept } = options;
    this.#clock = clock;
    this.#messages = new MessagePages(options.unpackedMax);
    this.#answers = answers;
    this.#inFlight = new LeaseTable(this.#messages, tokenMark);
    this.#journal = journal;
    this.#fresh = fresh;
    this.#deadLetters = new DeadLetterBox(limits.deadLettersMax, journal, kept?.deadLetters ?? []);
    const identities = kept?.identities ?? new Identities(limits);
    this.#admission = new Admission(limits, identities, this.#messages, journal);
    this.#waiting = new WaitingLine(clock, () => this.catchUp());
    if (kept !== undefined) this.#restore(kept);
  }

  /** Messages held: ready, delayed, held back and in flight. */
  get length(): number {
    return this.#messages.length;
  }

  /** Messages acked or dead-lettered after delivery, ever. */
  get settled(): number {
    return this.#settled;
  }

  publish(envelopes: readonly Envelope[]): PublishOutcome[] {
    const nowMs = this.#returnDue();
    const outcomes = new Array<PublishOutcome>(envelopes.length);
    let isFull = false;
    let at = 0;
    for (const envelope of envelopes) {
      const outcome = this.#admit(envelope, nowMs, isFull);
      if (outcome === 'full') isFull = true;
      outcomes[at++] = outcome;
    }
    this.#serveAtOnce(nowMs);
    return outcomes;
  }

  receive(request: ReceiveRequest): Promise<readonly Delivery[]> {
    const nowMs = this.#returnDue();
    if (request.signal?.aborted === true) return Promise.resolve([]);
    const deliveries = this.#take(request, nowMs);
    if (deliveries.length > 0 || request.waitMs <= 0) return Promise.resolve(deliveries);
    const answer = this.#waiting.join(request, nowMs);
    this.#waiting.arm(nowMs, this.#nextDueMs());
    return answer;
  }

  ack(receipts: readonly Acknowledgement[]): SettleOutcome[] {
    const nowMs = this.#returnDue();
    const outcomes = new Array<SettleOutcome>(receipts.length);
    let at = 0;
    for (const receipt of receipts) {
      const isHeld = this.#inFlight.has(receipt);
      outcomes[at++] = isHeld ? 'ok' : 'stale';
      if (!isHeld) continue;
      this.#settle(receipt.seq, nowMs);
      if (receipt.answer !== undefined) this.#answers?.keep(receipt.answer);
    }
    this.#serveAtOnce(nowMs);
    return outcomes;
  }

  extend(receipts: readonly Receipt[], leaseMs: number): SettleOutcome[] {
    const nowMs = this.#returnDue();
    const extended: number[] = [];
    const outcomes = receipts.map((receipt): SettleOutcome => {
      if (!this.#inFlight.has(receipt)) return 'stale';
      extended.push(receipt.seq);
      return 'ok';
    });
    this.#inFlight.extend(extended, nowMs + leaseMs);
    this.#serve(nowMs);
    return outcomes;
  }

  nack(refusals: readonly Refusal[]): RefusalOutcome[] {
    const nowMs = this.#returnDue();
    const outcomes = refusals.map((refusal) => this.#refuse(refusal, nowMs));
    this.#serveAtOnce(nowMs);
    return outcomes;
  }

  deadLetters() {
    return this.#deadLetters.all;
  }

  depth(): QueueDepth {
    this.catchUp();
    return {
      ready: this.#fresh.ready + this.#returned.length,
      delayed: this.#fresh.delayed + this.#delayed.length,
      heldBack: this.#fresh.heldBack,
      inFlight: this.#inFlight.length,
    };
  }

  /** Makes dead letters of messages that `fresh` has lost, and does not hold any more. */
  lose(lost: readonly Held[], reason: string): void {
    for (const held of lost) this.#discharge(held.seq);
    for (const held of lost) this.#deadLetters.bury(held.envelope, held, reason);
  }

  /** Makes a dead letter of a message that cannot be accepted, and of which nobody else would hear. */
  bury(envelope: Envelope, reason: string): void {
    this.#deadLetters.bury(envelope, envelope, reason);
  }

  /** Does what time has made due: messages come back, receivers are served or sent away. */
  catchUp(): void {
    this.#serve(this.#returnDue());
  }

  /** Sends every waiting receiver away and leaves no timer. */
  end(): void {
    this.#waiting.dismiss(Number.POSITIVE_INFINITY);
    this.#waiting.arm(0, Number.POSITIVE_INFINITY);
  }

  #admit(envelope: Envelope, nowMs: number, isFull: boolean): PublishOutcome {
    const isProduced = hasProducedId(envelope);
    const outcome = this.#admission.judge(envelope, isProduced, nowMs, isFull);
    if (outcome !== 'accepted') return outcome;
    this.#seq += 1;
    this.#journal?.accepted(envelope, this.#seq);
    if (envelope.v === ENVELOPE_VERSION) this.#hold(this.#seq, envelope, isProduced, nowMs);
    else {
      this.#journal?.settled(this.#seq);
      this.#deadLetters.bury(envelope, envelope, unknownVersion(envelope));
    }
    return 'accepted';
  }

  #hold(seq: number, envelope: Envelope, isProduced: boolean, acceptedMs: number): void {
    if (envelope.orderingKey !== undefined || envelope.delayMs > 0 || this.#fresh.seesAll) {
      const held = new Held(seq, envelope, acceptedMs);
      this.#messages.hold(held);
      this.#fresh.accept(held, this.#clock.nowMs());
    } else {
      this.#messages.put(seq, envelope, isProduced);
      this.#fresh.acceptReady(seq, envelope.priority, acceptedMs);
    }
  }

  #restore({ seq, messages, dueMsOf }: KeptQueue): void {
    const nowMs = this.#clock.nowMs();
    for (const held of messages) {
      const { envelope, acceptedMs } = held;
      const dueMs = dueMsOf(held.seq);
      if (dueMs === undefined) this.#hold(held.seq, envelope, hasProducedId(envelope), acceptedMs);
      else {
        this.#messages.hold(held);
        this.#fresh.occupy(held);
        this.#giveBack(held, dueMs, nowMs);
      }
    }
    this.#seq = seq;
  }

  #take(request: ReceiveRequest, nowMs: number): Delivery[] {
    const taken: number[] = [];
    while (taken.length < request.max) {
      const returned = this.#returned.popFront();
      if (returned === undefined) break;
      taken.push(returned.seq);
    }
    this.#fresh.takeInto(taken, request.max, request.ageingMs);
    return this.#inFlight.giveOut(taken, request.consumer, nowMs + request.leaseMs);
  }

  #refuse({ receipt, fault, delayMs, attemptsMax, reason, answer }: Refusal, nowMs: number): RefusalOutcome {
    if (!this.#inFlight.has(receipt)) return 'stale';
    const held = this.#inFlight.takeBack(receipt.seq);
    if (fault === 'failure') held.failures += 1;
    if (fault === 'crash') held.crashes += 1;
    if (held.failures + held.crashes >= attemptsMax) {
      this.#settle(held.seq, nowMs);
      this.#deadLetters.bury(held.envelope, held, reason);
      if (answer !== undefined) this.#answers?.keep(answer);
      return 'dead-lettered';
    }
    this.#giveBack(held, nowMs + delayMs, nowMs);
    this.#journal?.refused(held.seq, held, delayMs);
    return 'ok';
  }

  #giveBack(held: Held, dueMs: number, nowMs: number): void {
    held.dueMs = dueMs;
    if (dueMs > nowMs) this.#delayed.push(held);
    else this.#returned.pushBack(held);
  }

  #settle(seq: number, nowMs: number): void {
    this.#inFlight.release(seq);
    const held = this.#discharge(seq);
    if (held !== undefined) this.#fresh.settle(held, nowMs);
  }

  #discharge(seq: number): Held | undefined {
    this.#settled += 1;
    this.#journal?.settled(seq);
    return this.#messages.drop(seq);
  }

  #nextDueMs(): number {
    return Math.min(this.#fresh.nextMs, this.#delayed.nextMs, this.#inFlight.nextMs);
  }

  /** Brings back what has fallen due, instant by instant and by seq within one; answers the time it is. */
  #returnDue(): number {
    const nowMs = this.#clock.nowMs();
    this.#fresh.catchUp(nowMs);
    for (let dueMs = this.#nextDueMs(); dueMs <= nowMs; dueMs = this.#nextDueMs()) {
      const due = [...this.#inFlight.takeExpired(dueMs), ...this.#delayed.takeDue(dueMs)];
      due.sort((left, right) => left.seq - right.seq);
      for (const held of due) this.#returned.pushBack(held);
    }
    return nowMs;
  }

  #serveAtOnce(nowMs: number): void {
    if (this.#journal === undefined) this.#serve(nowMs);
  }

  #serve(nowMs: number): void {
    if (this.#waiting.length === 0) return;
    this.#waiting.serve((request) => this.#take(request, nowMs));
    this.#waiting.dismiss(nowMs);
    this.#waiting.arm(nowMs, this.#nextDueMs());
  }
}
