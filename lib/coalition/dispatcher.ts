import type { BrokerEvent } from '../../actors/broker.js';
import type { Broker, Delivery, Fault, Receipt, Refusal } from '../brokers/contract.js';
import { type Clock, sleep, type Timer } from '../core/clock.js';
import { Deque } from '../core/deque.js';
import { ConclaveError, errorFromData } from '../core/errors.js';
import type { ClaimDraft, SettledFrame } from '../core/frame.js';
import type { Limits } from '../core/limits.js';
import type { Random } from '../core/random.js';
import type { Encoded } from '../core/value.js';
import type { WorkerLink } from '../executors/contract.js';
import type { SchedulingPolicy, TaskView } from '../scheduling/contract.js';
import { type Backoff, backoffDelayMs } from '../supervision/backoff.js';
import { WorkerSlot } from './worker-slot.js';

/** What becomes of tasks, in the order in which the dispatcher learns it. */
export interface TaskSink {
  /** The task answered. What this resolves to must be safe before the task is acknowledged. */
  answered(answers: readonly Answer[]): Promise<void>;
  /** It failed and will be tried again. */
  retried(delivery: Delivery, error: Error, delayMs: number): void;
  /** It failed for good. */
  deadLettered(delivery: Delivery, error: Error): void;
}

/** One task's answer. */
export interface Answer {
  readonly delivery: Delivery;
  readonly value: Encoded;
  readonly claims: readonly ClaimDraft[];
}

export interface DispatcherOptions {
  readonly broker: Broker;
  readonly queue: string;
  /** The session under which deliveries are held. */
  readonly consumer: string;
  readonly policy: SchedulingPolicy;
  readonly concurrency: number;
  readonly retryOf: (agent: string) => { readonly attempts: number; readonly backoff: Backoff };
  readonly sink: TaskSink;
  /** False for a task whose answer is known, or that was given up: it need not run. */
  readonly isWanted: (delivery: Delivery) => boolean;
  /** Tells the broker actor. */
  readonly tell: (event: BrokerEvent) => void;
  /** The broker could not be reached; the deliveries concerned come back when their lease is over. */
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
}

const IDLE_LOOK_MS = 5;
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
  readonly #slots = new Map<string, WorkerSlot>();
  /** In flight when a worker died, or found guilty before: each runs alone next, so that only the guilty one is counted. */
  readonly #quarantine = new Deque<Delivery>();
  /** Received while no worker lived. */
  readonly #unplaced = new Deque<Delivery>();
  #policyState: unknown;
  #renewal: Timer | undefined;
  /** Nothing new is begun. */
  #isLeaving = false;
  #isClosed = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
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
    if (this.#isLeaving) {
      void this.#return(deliveries, CLOSED);
      return;
    }
    const { isWanted } = this.#options;
    const unwanted = deliveries.filter((delivery) => !isWanted(delivery));
    if (unwanted.length > 0) void this.#drop(unwanted);
    const wanted = unwanted.length === 0 ? deliveries : deliveries.filter(isWanted);
    const isSuspected = wanted.some(isSuspect);
    for (const delivery of isSuspected ? wanted.filter(isSuspect) : []) this.#quarantine.pushBack(delivery);
    this.#place(isSuspected ? wanted.filter((delivery) => !isSuspect(delivery)) : wanted);
    this.#flush();
  }

  /** Takes what a worker settled. */
  settle(workerId: string, frame: SettledFrame): void {
    const slot = this.#slots.get(workerId);
    if (slot === undefined) return; // it was given up; its tasks run elsewhere
    const answers = collectAnswers(slot, frame);
    const failed: [Delivery, Error][] = [];
    for (const { at, error } of frame.failures) {
      const delivery = slot.take(frame.batch, at);
      if (delivery !== undefined) failed.push([delivery, errorFromData(error)]);
    }
    slot.isSolo = false;
    slot.measure(answers.length + failed.length, this.#options.clock.nowMs());
    this.#flush();
    void this.#finish(answers, failed);
  }

  /** The task at that place of a worker's batch, if it has not settled. */
  find(workerId: string, batch: number, at: number): Delivery | undefined {
    return this.#slots.get(workerId)?.batches.get(batch)?.deliveries[at];
  }

  /** What was received and not begun goes back to the broker, as nobody's fault; what runs may finish. */
  async returnUnbegun(): Promise<void> {
    this.#isLeaving = true; // a receive under way would bring back at once what is given back here
    const unbegun = this.#unplaced.takeFront(this.#unplaced.length);
    for (const slot of this.#slots.values()) unbegun.push(...slot.deque.takeFront(slot.deque.length));
    await this.#return(unbegun, 'The coalition is shutting down; the task was not begun.');
  }

  /** Waits, at most `waitMs`, until nothing is held. */
  async idle(waitMs: number): Promise<void> {
    const { clock } = this.#options;
    const deadlineMs = clock.nowMs() + waitMs;
    while (this.held > 0 && clock.nowMs() < deadlineMs) await sleep(clock, IDLE_LOOK_MS);
  }

  /** Lets go: everything still held goes back to the broker, and so does whatever yet arrives. */
  async close(): Promise<void> {
    this.#isLeaving = true;
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

  async #finish(answers: readonly Answer[], failed: readonly [Delivery, Error][]): Promise<void> {
    const { broker, queue, sink, tell } = this.#options;
    try {
      if (answers.length > 0) {
        await sink.answered(answers);
        await broker.ack(
          queue,
          answers.map((answer) => answer.delivery),
        );
      }
      if (failed.length > 0) await this.#refuse(failed, 'failure');
    } catch (error) {
      this.#options.onError(error);
    }
    tell({ type: 'settled', count: answers.length + failed.length, demand: this.demand });
  }

  async #drop(deliveries: readonly Delivery[]): Promise<void> {
    try {
      await this.#options.broker.ack(this.#options.queue, deliveries);
    } catch (error) {
      this.#options.onError(error);
    }
    this.#options.tell({ type: 'settled', count: deliveries.length, demand: this.demand });
  }

  async #refuseCrashed(delivery: Delivery, workerId: string): Promise<void> {
    const error = new ConclaveError(
      'WorkerCrashed',
      `Worker ${workerId} died while it ran task ${delivery.envelope.id} alone.`,
    );
    try {
      await this.#refuse([[delivery, error]], 'crash');
    } catch (failure) {
      this.#options.onError(failure);
    }
    this.#options.tell({ type: 'settled', count: 1, demand: this.demand });
  }

  async #refuse(failed: readonly [Delivery, Error][], fault: Fault): Promise<void> {
    const { broker, queue, sink } = this.#options;
    const refusals = failed.map(([delivery, error]) => this.#refusalOf(delivery, error, fault));
    const outcomes = await broker.nack(queue, refusals);
    for (const [index, [delivery, error]] of failed.entries()) {
      if (outcomes[index] === 'dead-lettered') sink.deadLettered(delivery, error);
      else if (outcomes[index] === 'ok') sink.retried(delivery, error, refusals[index]?.delayMs ?? 0);
    }
  }

  #refusalOf(delivery: Delivery, error: Error, fault: Fault): Refusal {
    const { attempts, backoff } = this.#options.retryOf(delivery.envelope.agent);
    const attempt = delivery.failures + delivery.crashes + 1;
    const delayMs = fault === 'crash' ? 0 : backoffDelayMs(backoff, attempt, this.#options.random);
    return { receipt: delivery, fault, delayMs, attemptsMax: attempts, reason: error.message };
  }

  async #return(deliveries: readonly Delivery[], reason: string): Promise<void> {
    if (deliveries.length === 0) return;
    const refusals = deliveries.map(
      (receipt): Refusal => ({
        receipt,
        fault: 'none',
        delayMs: 0,
        attemptsMax: Number.POSITIVE_INFINITY,
        reason,
      }),
    );
    try {
      await this.#options.broker.nack(this.#options.queue, refusals);
    } catch (error) {
      this.#options.onError(error); // they come back when their lease is over
    }
    this.#options.tell({ type: 'settled', count: deliveries.length, demand: this.demand });
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
    const receipts: readonly Receipt[] = this.#heldDeliveries();
    try {
      if (receipts.length > 0)
        await this.#options.broker.extend(this.#options.queue, receipts, this.#options.limits.leaseMs);
    } catch (error) {
      this.#options.onError(error);
    }
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
  const { agent, priority, orderingKey } = delivery.envelope;
  return { agent, priority, orderingKey };
}
