import type { BrokerEvent } from '../../../actors/broker.js';
import type { Delivery } from '../../brokers/contract.js';
import { type Clock, sleep } from '../../core/clock.js';
import type { ConclaveError } from '../../core/errors.js';
import type { ChunkSettledFrame, RecordFrame, ReturnedFrame, SettledFrame } from '../../core/frame.js';
import type { Limits } from '../../core/limits.js';
import type { WorkerLink } from '../../executors/contract.js';
import type { SchedulingPolicy } from '../../scheduling/contract.js';
import { isChunk } from '../chunks/chunk.js';
import { AgentPaces } from './agent-paces.js';
import { ChunkDesk, type ChunkDeskOptions } from './chunk-desk.js';
import { type DispatchPlan, NO_PLAN } from './dispatch-plan.js';
import { GuardedPolicy } from './guarded-policy.js';
import { Handout } from './handout.js';
import { LeaseKeeper } from './lease-keeper.js';
import { OnceLedger } from './once-ledger.js';
import { OwnTasks } from './own-tasks.js';
import { sortReceived } from './received.js';
import { agentsOf, readOutcomes, type SettledReport } from './settled-outcomes.js';
import type { SettlementOptions } from './settlement.js';
import { TaskEndings } from './task-endings.js';
import { TimeLimits } from './time-limits.js';
import { sortRemains } from './worker-remains.js';
import { WorkerSlot } from './worker-slot.js';

export interface DispatcherOptions
  extends Omit<SettlementOptions, 'retryOf' | 'onBuried'>,
    Pick<ChunkDeskOptions, 'unpacking' | 'closedPlaces'> {
  /** False for a task whose answer is known, or that was given up: it need not run. */
  readonly isWanted: (delivery: Delivery) => boolean;
  /** The session under which deliveries are held, and under which this coalition's own tasks are published. */
  readonly session: string;
  readonly policy: SchedulingPolicy;
  readonly concurrency: number;
  readonly plans: ReadonlyMap<string, DispatchPlan>;
  /** Tells the broker actor. */
  readonly tell: (event: BrokerEvent) => void;
  /** The scheduling policy failed; the dispatcher goes on without its advice. */
  readonly onPolicyFault: (error: ConclaveError) => void;
  readonly clock: Clock;
  readonly limits: Limits;
}

const IDLE_LOOK_MS = 5;
const UNBEGUN = 'The coalition is shutting down; the task was not begun.';
const CLOSED = 'The coalition was shut down.';
const GATED = 'Too many tasks wait for the limit or the concurrency of their agents (gatedTasksMax).';

/**
 * The pool's dispatcher: it alone receives from the broker, lines up what it gets by the policy, hands it out in
 * batches, and settles it.
 *
 *     broker ──accept──▶ handout ──batch──▶ worker ──settle──▶ sink, then ack
 *                          ▲                   │
 *                          └─ returned, crash ◀┘
 */
export class Dispatcher {
  /** How long tasks take. */
  readonly paces: AgentPaces;
  /** Tasks that this coalition has submitted itself. */
  readonly ownTasks: OwnTasks;
  readonly #options: DispatcherOptions;
  readonly #endings: TaskEndings;
  readonly #chunks: ChunkDesk;
  readonly #handout: Handout;
  readonly #slots: Map<string, WorkerSlot>;
  readonly #ledger: OnceLedger;
  readonly #timeLimits: TimeLimits;
  readonly #leases: LeaseKeeper;
  /** Begins nothing new. */
  #isDraining = false;
  #isClosed = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { clock, limits } = options;
    this.#ledger = new OnceLedger({ keysMax: limits.onceKeysMax, bytesMax: limits.onceBytesMax });
    this.#endings = new TaskEndings({
      ...options,
      ledger: this.#ledger,
      retryOf: (agent) => this.#planOf(agent),
      demand: () => this.demand,
    });
    this.#chunks = new ChunkDesk({
      ...options,
      endings: this.#endings,
      ledger: this.#ledger,
      onReleased: (slot, member) => this.#release(slot, member),
    });
    this.#handout = this.#createHandout();
    this.#slots = this.#handout.slots;
    this.paces = new AgentPaces({ clock, workers: () => this.#slots.size, credit: limits.creditPerWorker });
    this.#timeLimits = new TimeLimits({
      clock,
      graceMs: limits.abortGraceMs,
      slots: this.#slots,
      onCondemned: (slot) => this.#empty(slot),
    });
    const parts = { handout: this.#handout, timeLimits: this.#timeLimits, endings: this.#endings };
    this.ownTasks = new OwnTasks({ ...options, ...parts });
    this.#leases = new LeaseKeeper({
      clock,
      leaseMs: limits.leaseMs,
      held: () => this.#heldDeliveries(),
      renew: (deliveries, leaseMs) => this.#endings.renew(deliveries, leaseMs),
    });
  }

  /** How many more deliveries there is room for. */
  get demand(): number {
    // What must be given back for a while would come back at once from a broker that keeps no delays.
    if (this.#handout.isFull && !this.#options.broker.capabilities.delayed) return 0;
    return this.#handout.room;
  }

  /** Tasks held for workers or by them. */
  get held(): number {
    let held = this.#handout.waiting;
    for (const slot of this.#slots.values()) held += slot.inFlight;
    return held;
  }

  workerReady(id: string, link: WorkerLink, credit: number): void {
    this.#slots.set(id, new WorkerSlot(id, link, credit, this.#options.concurrency));
    this.#handout.flush();
    this.#tellDemand();
  }

  /**
   * A worker is gone: what it had not begun goes to others, what was in flight runs again alone. If it was ended for
   * tasks that held it up, these have failed, and the others go on as if nothing had been.
   */
  workerGone(id: string): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    this.#slots.delete(id);
    const unsettled = slot.unsettled();
    for (const delivery of unsettled) this.#release(slot, delivery);
    const remains = sortRemains(slot, unsettled, this.#options.isWanted);
    for (const suspect of remains.suspects) this.#handout.suspect(suspect);
    if (remains.chunk !== undefined) this.#chunks.split(remains.chunk);
    this.#lineUp([...remains.innocent, ...slot.dequeue(slot.waiting)]);
    this.#handout.flush();
    this.#tellDemand();
    void this.#endings.finishRemains(remains);
  }

  /** Takes what the broker gave out. */
  accept(deliveries: readonly Delivery[]): void {
    this.#sort(deliveries, (wanted) => this.#lineUp(wanted));
  }

  /** Takes what a worker settled. */
  settle(workerId: string, frame: SettledFrame | ChunkSettledFrame): void {
    const slot = this.#slots.get(workerId);
    if (slot === undefined) return; // it was given up; its tasks run elsewhere
    const ungatedBefore = slot.inFlight - slot.gated;
    const { agents, finish } =
      frame.type === 'settled' ? this.#settleTasks(slot, frame) : this.#chunks.settle(slot, frame);
    if (slot.inFlight === 0) slot.isSolo = false;
    const count = ungatedBefore - (slot.inFlight - slot.gated);
    slot.measure(count, this.#options.clock.nowMs());
    for (const agent of agents) this.paces.note(agent, frame.serviceMs, count);
    this.#handout.flush();
    finish();
  }

  /** Takes what a worker gave back unbegun: it goes to whoever has room. */
  takeBack(workerId: string, frame: ReturnedFrame): void {
    const slot = this.#slots.get(workerId);
    if (slot === undefined) return;
    slot.recalls = Math.max(0, slot.recalls - 1);
    const chunk = slot.chunk(frame.batch);
    const returned = frame.at.flatMap((at) => this.#take(slot, frame.batch, at) ?? []);
    if (returned.length > 0) slot.narrow();
    if (chunk === undefined) this.#sort(returned, (wanted) => this.#handout.takeBack(wanted));
    else this.#chunks.unpack(chunk, returned);
    this.#tellDemand();
  }

  /** A task's handler begins: its time runs. */
  began(workerId: string, batch: number, at: number): void {
    const delivery = this.find(workerId, batch, at);
    if (delivery === undefined) return;
    const { agent, tries } = delivery.envelope;
    const timeoutMs = tries.timeoutMs ?? this.#planOf(agent).timeoutMs;
    if (timeoutMs !== undefined) this.#timeLimits.expect(workerId, delivery, timeoutMs);
  }

  /** Keeps what a task has recorded, and says so. */
  record(workerId: string, frame: RecordFrame): void {
    const { batch, at, key, outcome } = frame;
    const delivery = this.find(workerId, batch, at);
    if (delivery === undefined) return; // it is over: nobody waits to hear
    this.#ledger.record(delivery, key, outcome);
    this.#slots.get(workerId)?.link.send({ type: 'recorded', batch, at, key });
  }

  /** The task at that place of a worker's batch, if it has not settled. */
  find(workerId: string, batch: number, at: number): Delivery | undefined {
    return this.#slots.get(workerId)?.find(batch, at);
  }

  /** What was received and not begun goes back to the broker, as nobody's fault; what runs may finish. */
  async returnUnbegun(): Promise<void> {
    this.#isDraining = true; // what goes back may be given out to a receive that is under way
    await this.#endings.giveBack(this.#handout.takeUnbegun(), UNBEGUN);
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
    for (const timed of [this.#leases, this.#timeLimits, this.#endings]) timed.close();
    const held = this.#heldDeliveries();
    this.#handout.close();
    await this.#endings.giveBack(held, CLOSED);
  }

  #createHandout(): Handout {
    const { policy, plans, onPolicyFault, clock, limits } = this.#options;
    return new Handout({
      policy: new GuardedPolicy(policy, onPolicyFault),
      rules: plans,
      gatedTasksMax: limits.gatedTasksMax,
      extrasOf: (deliveries) => this.#ledger.extrasOf(deliveries),
      chunks: this.#chunks,
      clock,
    });
  }

  #planOf(agent: string): DispatchPlan {
    return this.#options.plans.get(agent) ?? NO_PLAN;
  }

  /** Lines up what may run in company, and hands out. What nobody wants any more is settled unseen. */
  #sort(deliveries: readonly Delivery[], lineUp: (wanted: readonly Delivery[]) => void): void {
    if (this.#isClosed || this.#isDraining) {
      void this.#endings.giveBack(deliveries, this.#isClosed ? CLOSED : UNBEGUN);
      return;
    }
    const { isWanted } = this.#options;
    const verdictOf = (delivery: Delivery) => this.#chunks.verdictOf(delivery);
    const { wanted, suspects, ...ended } = sortReceived(deliveries, { isWanted, verdictOf });
    for (const suspect of suspects) this.#handout.suspect(suspect);
    lineUp(wanted);
    this.#handout.flush();
    void this.#endings.finishReceived(ended);
  }

  #lineUp(deliveries: readonly Delivery[]): void {
    const excess = this.#handout.lineUp(deliveries);
    if (excess.length > 0)
      void this.#endings.giveBack(excess, GATED, (delivery) => this.#handout.awayMs(delivery));
  }

  #settleTasks(slot: WorkerSlot, frame: SettledFrame): SettledReport {
    const { sink, isWanted } = this.#options;
    const take = (batch: number, at: number) => this.#take(slot, batch, at);
    const outcomes = readOutcomes(frame, { take, isWanted, sink });
    return { agents: agentsOf(outcomes), finish: () => void this.#endings.finish(outcomes) };
  }

  #take(slot: WorkerSlot, batch: number, at: number): Delivery | undefined {
    const delivery = slot.take(batch, at);
    if (delivery !== undefined) this.#release(slot, delivery);
    return delivery;
  }

  /** It is with no worker any more. */
  #release(slot: WorkerSlot, delivery: Delivery): void {
    this.#handout.release(slot, delivery);
    this.#timeLimits.forget(delivery);
    if (isChunk(delivery.envelope))
      for (const member of this.#chunks.leased(delivery).openMembers()) this.#timeLimits.forget(member);
  }

  /** It is being ended: what it was not sent goes to others at once. */
  #empty(slot: WorkerSlot): void {
    this.#lineUp(slot.dequeue(slot.waiting));
    this.#handout.flush();
  }

  #tellDemand(): void {
    this.#options.tell({ type: 'demand', demand: this.demand });
  }

  #heldDeliveries(): Delivery[] {
    return [...[...this.#slots.values()].flatMap((slot) => slot.unsettled()), ...this.#handout];
  }
}
