import type { BrokerEvent } from '../../actors/broker.js';
import type { Delivery } from '../brokers/contract.js';
import { type Clock, sleep, type Timer } from '../core/clock.js';
import { Deque } from '../core/deque.js';
import { ConclaveError, errorFromData } from '../core/errors.js';
import type { SettledFrame } from '../core/frame.js';
import type { Limits } from '../core/limits.js';
import type { WorkerLink } from '../executors/contract.js';
import type { SchedulingPolicy, TaskView } from '../scheduling/contract.js';
import { type Answer, type Failure, Settlement, type SettlementOptions } from './settlement.js';
import { WorkerSlot } from './worker-slot.js';

export interface DispatcherOptions extends SettlementOptions {
  /** The session under which deliveries are held. */
  readonly consumer: string;
  readonly policy: SchedulingPolicy;
  readonly concurrency: number;
  /** False for a task whose answer is known, or that was given up: it need not run. */
  readonly isWanted: (delivery: Delivery) => boolean;
  /** Tells the broker actor. */
  readonly tell: (event: BrokerEvent) => void;
  readonly clock: Clock;
  readonly limits: Limits;
}

const IDLE_LOOK_MS = 5;
const UNBEGUN = 'The coalition is shutting down; the task was not begun.';
const CLOSED = 'The coalition was shut down.';

/**
 * The pool's dispatcher: it alone receives from the broker, places what it gets by the policy in the workers'
 * deques, hands it out in batches, and settles it.
 *
 *     broker ──accept──▶ policy ──▶ deque per worker ──batch──▶ worker ──settle──▶ sink, then ack
 *                          ▲                                       │
 *                          └── quarantine, one at a time ◀── crash ┘
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #settlement: Settlement;
  readonly #slots = new Map<string, WorkerSlot>();
  /** In flight when a worker died, or found guilty before: each runs alone next, so that only the guilty one is counted. */
  readonly #quarantine = new Deque<Delivery>();
  /** Received while no worker lived. */
  readonly #unplaced = new Deque<Delivery>();
  /** Begins nothing new. */
  #isDraining = false;
  #policyState: unknown;
  #renewal: Timer | undefined;
  #isClosed = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#settlement = new Settlement(options);
    this.#policyState = options.policy.initial;
    this.#renewSoon();
  }

  /** How many more deliveries there is room for. */
  get demand(): number {
    let room = -this.#quarantine.length - this.#unplaced.length;
    for (const slot of this.#slots.values()) room += Math.max(0, slot.window - slot.held);
    return Math.max(0, room);
  }

  /** Tasks held for workers or by them. */
  get held(): number {
    let held = this.#quarantine.length + this.#unplaced.length;
    for (const slot of this.#slots.values()) held += slot.held;
    return held;
  }

  workerReady(id: string, link: WorkerLink, credit: number): void {
    this.#slots.set(id, new WorkerSlot(id, link, credit, this.#options.concurrency));
    this.#place(this.#unplaced.takeFront(this.#unplaced.length));
    this.#flush();
    this.#options.tell({ type: 'demand', demand: this.demand });
  }

  /** A worker is gone: what it had not begun goes to others, what was in flight runs again alone. */
  workerGone(id: string): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    this.#slots.delete(id);
    const suspects = slot.unsettled();
    const [only] = suspects;
    if (suspects.length === 1 && only !== undefined) void this.#refuseCrashed(only, id);
    else for (const suspect of suspects) this.#quarantine.pushBack(suspect);
    this.#place(slot.deque.takeFront(slot.deque.length));
    this.#flush();
    this.#options.tell({ type: 'demand', demand: this.demand });
  }

  /** Takes what the broker gave out; what nobody wants any more is settled unseen. */
  accept(deliveries: readonly Delivery[]): void {
    if (this.#isClosed || this.#isDraining) {
      void this.#return(deliveries, this.#isClosed ? CLOSED : UNBEGUN);
      return;
    }
    const { isWanted } = this.#options;
    const unwanted: Delivery[] = [];
    const placeable: Delivery[] = [];
    for (const delivery of deliveries) {
      if (!isWanted(delivery)) unwanted.push(delivery);
      else if (isSuspect(delivery)) this.#quarantine.pushBack(delivery);
      else placeable.push(delivery);
    }
    if (unwanted.length > 0) void this.#drop(unwanted);
    this.#place(placeable);
    this.#flush();
  }

  /** Takes what a worker settled. */
  settle(workerId: string, frame: SettledFrame): void {
    const slot = this.#slots.get(workerId);
    if (slot === undefined) return; // it was given up; its tasks run elsewhere
    const failures: Failure[] = [];
    const answers = collectAnswers(slot, frame).filter((answer) => {
      const error = this.#options.sink.refusalOf(answer);
      if (error !== undefined) failures.push({ delivery: answer.delivery, error });
      return error === undefined;
    });
    for (const { at, error } of frame.failures) {
      const delivery = slot.take(frame.batch, at);
      if (delivery !== undefined) failures.push({ delivery, error: errorFromData(error) });
    }
    slot.isSolo = false;
    slot.measure(answers.length + failures.length, this.#options.clock.nowMs());
    this.#flush();
    void this.#finish(answers, failures);
  }

  /** The task at that place of a worker's batch, if it has not settled. */
  find(workerId: string, batch: number, at: number): Delivery | undefined {
    return this.#slots.get(workerId)?.batches.get(batch)?.deliveries[at];
  }

  /** Whether that task of this producer is with a worker. */
  isRunning(seq: number): boolean {
    return [...this.#slots.values()].some((slot) => slot.unsettled().some((one) => this.#isOurs(one, seq)));
  }

  /** Tells workers to stop these tasks of this producer; what has not begun is dropped when it is given out. */
  cancel(seqs: ReadonlySet<number>, reason: string): void {
    for (const slot of this.#slots.values()) {
      for (const [batch, { deliveries }] of slot.batches) {
        const isCancelled = (one: Delivery | undefined) =>
          one !== undefined && this.#isOurs(one, one.envelope.seq) && seqs.has(one.envelope.seq);
        const at = deliveries.flatMap((one, place) => (isCancelled(one) ? [place] : []));
        if (at.length > 0) slot.link.send({ type: 'cancel', batch, at, reason });
      }
    }
  }

  #isOurs({ envelope }: Delivery, seq: number): boolean {
    return envelope.producer === this.#options.consumer && envelope.seq === seq;
  }

  /** What was received and not begun goes back to the broker, as nobody's fault; what runs may finish. */
  async returnUnbegun(): Promise<void> {
    this.#isDraining = true; // what goes back may be given out to a receive that is under way
    const unbegun = this.#unplaced.takeFront(this.#unplaced.length);
    for (const slot of this.#slots.values()) unbegun.push(...slot.deque.takeFront(slot.deque.length));
    await this.#return(unbegun, UNBEGUN);
  }

  /** Waits, at most `waitMs`, until nothing is held. */
  async idle(waitMs: number): Promise<void> {
    const { clock } = this.#options;
    const deadlineMs = clock.nowMs() + waitMs;
    while (this.held > 0 && clock.nowMs() < deadlineMs) await sleep(clock, IDLE_LOOK_MS);
  }

  /** Lets go: everything still held goes back to the broker, and so does whatever yet arrives. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#renewal?.cancel();
    const held = this.#heldDeliveries();
    this.#slots.clear();
    this.#quarantine.takeFront(this.#quarantine.length);
    this.#unplaced.takeFront(this.#unplaced.length);
    await this.#return(held, CLOSED);
  }

  #place(deliveries: readonly Delivery[]): void {
    if (deliveries.length === 0) return;
    const slots = [...this.#slots.values()];
    if (slots.length === 0) {
      for (const delivery of deliveries) this.#unplaced.pushBack(delivery);
      return;
    }
    const { policy } = this.#options;
    const placement = policy.place(this.#policyState, deliveries.map(toTaskView), slots);
    this.#policyState = placement.state;
    for (const [index, delivery] of deliveries.entries())
      this.#slotAt(slots, placement.workers[index]).deque.pushBack(delivery);
  }

  #slotAt(slots: readonly WorkerSlot[], position: number | undefined): WorkerSlot {
    const slot = position === undefined ? undefined : slots[position];
    if (slot !== undefined) return slot;
    const { name } = this.#options.policy;
    throw new ConclaveError(
      'InvalidOption',
      `The scheduling policy ${name} placed a task with worker ${position}; it was given ${slots.length} workers.`,
    );
  }

  #flush(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const slot of this.#slots.values()) {
      if (this.#quarantine.length > 0 && slot.inFlight === 0) this.#sendAlone(slot, nowMs);
      // While suspects wait, no worker gets anything new, so that one falls idle and can run them alone.
      if (slot.isSolo || this.#quarantine.length > 0) continue;
      const room = Math.min(slot.window - slot.inFlight, slot.deque.length);
      if (room > 0) slot.send(slot.deque.takeFront(room), nowMs);
    }
  }

  #sendAlone(slot: WorkerSlot, nowMs: number): void {
    const suspect = this.#quarantine.popFront();
    if (suspect === undefined) return;
    slot.isSolo = true;
    slot.send([suspect], nowMs);
  }

  async #finish(answers: readonly Answer[], failures: readonly Failure[]): Promise<void> {
    await this.#settlement.answer(answers);
    await this.#settlement.refuse(failures, 'failure');
    this.#tellSettled(answers.length + failures.length);
  }

  async #drop(deliveries: readonly Delivery[]): Promise<void> {
    await this.#settlement.drop(deliveries);
    this.#tellSettled(deliveries.length);
  }

  async #refuseCrashed(delivery: Delivery, workerId: string): Promise<void> {
    const error = new ConclaveError(
      'WorkerCrashed',
      `Worker ${workerId} died while it ran task ${delivery.envelope.id} alone.`,
    );
    await this.#settlement.refuse([{ delivery, error }], 'crash');
    this.#tellSettled(1);
  }

  async #return(deliveries: readonly Delivery[], reason: string): Promise<void> {
    await this.#settlement.giveBack(deliveries, reason);
    if (deliveries.length > 0) this.#tellSettled(deliveries.length);
  }

  #tellSettled(count: number): void {
    this.#options.tell({ type: 'settled', count, demand: this.demand });
  }

  #heldDeliveries(): Delivery[] {
    const slots = [...this.#slots.values()];
    return [
      ...slots.flatMap((slot) => [...slot.unsettled(), ...slot.deque]),
      ...this.#quarantine,
      ...this.#unplaced,
    ];
  }

  /** Keeps the leases of everything held, as long as this process lives to do so. */
  #renewSoon(): void {
    const { clock, limits } = this.#options;
    if (this.#isClosed) return;
    this.#renewal = clock.setTimer(() => void this.#renew(), limits.leaseMs / 3, { background: true });
  }

  async #renew(): Promise<void> {
    await this.#settlement.renew(this.#heldDeliveries(), this.#options.limits.leaseMs);
    this.#renewSoon();
  }
}

/** It took a worker along before: it never again shares a batch. */
function isSuspect(delivery: Delivery): boolean {
  return delivery.crashes > 0;
}

function collectAnswers(slot: WorkerSlot, frame: SettledFrame): Answer[] {
  const claims = new Map(frame.claims.map((entry) => [entry.at, entry.claims]));
  const answers: Answer[] = [];
  for (const [index, at] of frame.at.entries()) {
    const delivery = slot.take(frame.batch, at);
    const value = frame.values[index];
    if (delivery !== undefined && value !== undefined)
      answers.push({ delivery, value, claims: claims.get(at) ?? [] });
  }
  return answers;
}

function toTaskView(delivery: Delivery): TaskView {
  const { agent, priority, orderingKey, enqueuedAtMs } = delivery.envelope;
  return { agent, priority, orderingKey, enqueuedAtMs };
}
