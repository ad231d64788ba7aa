import type { Clock } from '../core/clock.js';
import { Deque } from '../core/deque.js';
import type { Limits } from '../core/limits.js';
import { ENVELOPE_VERSION, type Envelope } from '../core/message.js';
import { assertInRange, unknownVersion } from './admission.js';
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
import { givenOut } from './given-out.js';
import { type Held, heldOf } from './held.js';
import { Identities } from './identities.js';
import { LeaseTable } from './lease-table.js';
import type { KeptQueue, MemoryQueueOptions as Options } from './queue-journal.js';
import type { Acceptance } from './ready-lanes.js';
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
  readonly #limits: Limits;
  readonly #fresh: FirstDeliveries<Held>;
  readonly #returned = new Deque<Held>();
  readonly #delayed = new DueHeap<Held>();
  readonly #inFlight = new LeaseTable<Held>();
  readonly #deadLetters: DeadLetterBox;
  readonly #identities: Identities;
  readonly #waiting: WaitingLine;
  readonly #answers: Options['answers'];
  readonly #journal: Options['journal'];
  readonly #tokenMark: string;
  #seq = 0;
  #held = 0;
  #payloadBytes = 0;
  #settled = 0;

  constructor(clock: Clock, limits: Limits, options: Options = {}, fresh = new FirstDeliveries<Held>()) {
    const { answers, tokenMark = '', journal, kept } = options;
    this.#clock = clock;
    this.#limits = limits;
    this.#answers = answers;
    this.#tokenMark = tokenMark;
    this.#journal = journal;
    this.#fresh = fresh;
    this.#deadLetters = new DeadLetterBox(limits.deadLettersMax, journal, kept?.deadLetters ?? []);
    this.#identities = kept?.identities ?? new Identities(limits);
    this.#waiting = new WaitingLine(clock, () => this.catchUp());
    if (kept !== undefined) this.#restore(kept);
  }

  /** Messages held: ready, delayed, held back and in flight. */
  get length(): number {
    return this.#held;
  }

  /** Messages acked or dead-lettered after delivery, ever. */
  get settled(): number {
    return this.#settled;
  }

  publish(envelopes: readonly Envelope[]): PublishOutcome[] {
    const nowMs = this.#returnDue();
    const accepted: Acceptance = { atMs: nowMs };
    let isFull = false;
    const outcomes = envelopes.map((envelope) => {
      const outcome = this.#admit(envelope, accepted, isFull);
      if (outcome === 'full') isFull = true;
      return outcome;
    });
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
    const outcomes = receipts.map((receipt): SettleOutcome => {
      const held = this.#inFlight.find(receipt);
      if (held === undefined) return 'stale';
      this.#settle(held, nowMs);
      if (receipt.answer !== undefined) this.#answers?.keep(receipt.answer);
      return 'ok';
    });
    this.#serveAtOnce(nowMs);
    return outcomes;
  }

  extend(receipts: readonly Receipt[], leaseMs: number): SettleOutcome[] {
    const nowMs = this.#returnDue();
    const extended: Held[] = [];
    const outcomes = receipts.map((receipt): SettleOutcome => {
      const held = this.#inFlight.find(receipt);
      if (held === undefined) return 'stale';
      extended.push(held);
      return 'ok';
    });
    this.#inFlight.grant(extended, nowMs + leaseMs);
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
    for (const held of lost) this.#discharge(held);
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

  #admit(envelope: Envelope, accepted: Acceptance, isFull: boolean): PublishOutcome {
    const nowMs = accepted.atMs;
    const payloadBytes = Buffer.byteLength(envelope.payload);
    if (payloadBytes > this.#limits.payloadBytesMax) return 'too-large';
    if (this.#identities.has(envelope, nowMs)) return 'duplicate';
    const isKnown = envelope.v === ENVELOPE_VERSION;
    if (isKnown) assertInRange(envelope);
    if (isFull || (isKnown && !this.#hasRoom(payloadBytes))) {
      this.#identities.refuse(envelope);
      this.#journal?.refusedAsFull(envelope);
      return 'full';
    }
    this.#identities.accept(envelope, nowMs);
    this.#seq += 1;
    this.#journal?.accepted(envelope, this.#seq);
    if (isKnown) this.#fresh.accept(this.#hold(envelope, payloadBytes, accepted), nowMs);
    else {
      this.#journal?.settled(this.#seq);
      this.#deadLetters.bury(envelope, envelope, unknownVersion(envelope));
    }
    return 'accepted';
  }

  #hasRoom(payloadBytes: number): boolean {
    return (
      this.#held < this.#limits.queueDepthMax &&
      this.#payloadBytes + payloadBytes <= this.#limits.queueBytesMax
    );
  }

  #hold(envelope: Envelope, payloadBytes: number, accepted: Acceptance): Held {
    this.#held += 1;
    this.#payloadBytes += payloadBytes;
    return heldOf(this.#seq, envelope, payloadBytes, accepted);
  }

  #restore({ seq, messages, dueMsOf }: KeptQueue): void {
    const nowMs = this.#clock.nowMs();
    for (const held of messages) {
      this.#held += 1;
      this.#payloadBytes += held.payloadBytes;
      const dueMs = dueMsOf(held.seq);
      if (dueMs === undefined) this.#fresh.accept(held, nowMs);
      else {
        this.#fresh.occupy(held);
        this.#giveBack(held, dueMs, nowMs);
      }
    }
    this.#seq = seq;
  }

  #take(request: ReceiveRequest, nowMs: number): Delivery[] {
    const taken = this.#returned.takeFront(request.max);
    this.#fresh.takeInto(taken, request.max, request.ageingMs);
    this.#inFlight.grant(taken, nowMs + request.leaseMs);
    return givenOut(taken, request.consumer, this.#tokenMark);
  }

  #refuse(refusal: Refusal, nowMs: number): RefusalOutcome {
    const held = this.#inFlight.find(refusal.receipt);
    if (held === undefined) return 'stale';
    if (refusal.fault === 'failure') held.failures += 1;
    if (refusal.fault === 'crash') held.crashes += 1;
    if (held.failures + held.crashes >= refusal.attemptsMax) {
      this.#settle(held, nowMs);
      this.#deadLetters.bury(held.envelope, held, refusal.reason);
      if (refusal.answer !== undefined) this.#answers?.keep(refusal.answer);
      return 'dead-lettered';
    }
    this.#inFlight.release(held);
    this.#giveBack(held, nowMs + refusal.delayMs, nowMs);
    this.#journal?.refused(held.seq, held, refusal.delayMs);
    return 'ok';
  }

  #giveBack(held: Held, dueMs: number, nowMs: number): void {
    held.dueMs = dueMs;
    if (dueMs > nowMs) this.#delayed.push(held);
    else this.#returned.pushBack(held);
  }

  #settle(held: Held, nowMs: number): void {
    this.#inFlight.release(held);
    this.#fresh.settle(held, nowMs);
    this.#discharge(held);
  }

  #discharge(held: Held): void {
    this.#held -= 1;
    this.#payloadBytes -= held.payloadBytes;
    this.#settled += 1;
    this.#journal?.settled(held.seq);
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
