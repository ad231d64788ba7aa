import type { Delivery } from '../../brokers/contract.js';
import type { Clock } from '../../core/clock.js';
import type { TaskExtra } from '../../core/frame.js';
import type { GateRule } from '../../scheduling/agent-gate.js';
import { isChunk } from '../chunks/chunk.js';
import { AgentGates } from './agent-gates.js';
import { Alarm } from './alarm.js';
import type { ChunkDesk } from './chunk-desk.js';
import type { GuardedPolicy } from './guarded-policy.js';
import { Quarantine } from './quarantine.js';
import { canRecallFrom, recallFromBusiest } from './recall.js';
import { TaskLines } from './task-lines.js';
import type { WorkerSlot } from './worker-slot.js';

export interface HandoutOptions {
  readonly policy: GuardedPolicy;
  readonly rules: Iterable<readonly [agent: string, rule: GateRule]>;
  readonly gatedTasksMax: number;
  /** What tasks of a batch have beside its columns. */
  readonly extrasOf: (deliveries: readonly Delivery[]) => readonly TaskExtra[];
  /** Knows what of a chunk has ended. */
  readonly chunks: Pick<ChunkDesk, 'leased' | 'ended'>;
  readonly clock: Clock;
}

/** How long a worker is idle before tasks that wait on another are recalled: a receive may be under way. */
const RECALL_AFTER_MS = 2;

/**
 * Everything that waits for a worker, and who is sent what next: first suspects, each to an idle worker alone; then
 * tasks whose agent's gate is open, to a worker that can begin at once; then what is in the lines. A worker that had
 * a task from a gate serves the lines before the next one, so that neither takes all there is from the other.
 */
export class Handout {
  readonly #options: HandoutOptions;
  readonly #lines: TaskLines;
  readonly #gates: AgentGates;
  readonly #quarantine = new Quarantine();
  readonly #gateAlarm: Alarm;
  readonly #recallAlarm: Alarm;

  constructor(options: HandoutOptions) {
    this.#options = options;
    const { policy, rules, gatedTasksMax, clock } = options;
    const send = (slot: WorkerSlot, deliveries: Delivery[], nowMs: number) => {
      slot.isLinesTurn = false;
      this.#send(slot, deliveries, nowMs);
    };
    this.#lines = new TaskLines({ policy, send });
    this.#gates = new AgentGates({
      rules,
      tasksMax: gatedTasksMax,
      // Before its gate a task waits as it would at the broker, which gives larger priorities out first.
      rank: (delivery) => (policy.canRank ? policy.rank(delivery) : delivery.envelope.priority),
    });
    this.#gateAlarm = new Alarm(clock, () => this.flush());
    this.#recallAlarm = new Alarm(clock, () => this.#recall());
  }

  /** The workers, by name, in the order in which they joined. */
  get slots(): Map<string, WorkerSlot> {
    return this.#lines.slots;
  }

  /** Tasks that wait. */
  get waiting(): number {
    return this.#quarantine.length + this.#lines.waiting + this.#gates.waiting;
  }

  /** How many more tasks the workers should have at hand. What comes from its agent's gate takes no room of others. */
  get room(): number {
    let room = -this.#quarantine.length - this.#lines.inCommon;
    for (const slot of this.slots.values())
      if (slot.condemnedFor === undefined) room += Math.max(0, slot.window - (slot.held - slot.gated));
    return Math.max(0, room);
  }

  /** As many tasks wait for their agents' gates as may. */
  get isFull(): boolean {
    return this.#gates.isFull;
  }

  /** Lines tasks up; answers those for which there is no room, as too many wait for their agents' gates. */
  lineUp(deliveries: readonly Delivery[]): readonly Delivery[] {
    if (this.#gates.isEmpty) {
      this.#lines.place(deliveries);
      return [];
    }
    const gated = deliveries.filter((delivery) => this.#gates.isGated(delivery));
    this.#lines.place(deliveries.filter((delivery) => !this.#gates.isGated(delivery)));
    const excess: Delivery[] = [];
    for (const delivery of gated) {
      if (this.#gates.isFull) excess.push(delivery);
      else this.#gates.push(delivery);
    }
    return excess;
  }

  /** How long a task for which there was no room should stay away. */
  awayMs(delivery: Delivery): number {
    return this.#gates.awayMs(delivery);
  }

  /** It runs alone next: it was in flight when a worker died. */
  suspect(delivery: Delivery): void {
    this.#quarantine.push(delivery);
  }

  /** A worker gave these back unbegun. */
  takeBack(deliveries: readonly Delivery[]): void {
    this.#lines.takeBack(deliveries);
  }

  /** It is with that worker no more. */
  release(slot: WorkerSlot, delivery: Delivery): void {
    if (this.#gates.isGated(delivery)) slot.gated -= 1;
    this.#gates.ended(delivery);
  }

  /** Sends every worker what it has room for. */
  flush(): void {
    const nowMs = this.#options.clock.nowMs();
    // While suspects wait, no worker gets anything new, so that one falls idle and can run them alone.
    if (this.#quarantine.length === 0 || !this.#sendSuspects(nowMs)) {
      this.#serve(nowMs);
      if (this.#isRecallDue()) this.#recallAlarm.ringBy(nowMs + RECALL_AFTER_MS);
    }
    if (this.#gates.waiting + this.#quarantine.length > 0) this.#gateAlarm.ringBy(this.#opensAtMs(nowMs));
  }

  /** Takes out all that wait and fit. */
  takeWhere(fits: (delivery: Delivery) => boolean): Delivery[] {
    return [this.#lines, this.#gates, this.#quarantine].flatMap((line) => line.takeWhere(fits));
  }

  /** Takes out all that wait and have not been begun. */
  takeUnbegun(): Delivery[] {
    return [this.#lines, this.#gates].flatMap((line) => line.takeAll());
  }

  *[Symbol.iterator](): IterableIterator<Delivery> {
    for (const line of [this.#lines, this.#gates, this.#quarantine]) yield* line;
  }

  /** Lets go of everything, and sends nothing more. */
  close(): void {
    for (const alarm of [this.#gateAlarm, this.#recallAlarm]) alarm.cancel();
    for (const line of [this.#lines, this.#gates, this.#quarantine]) line.takeAll();
    this.slots.clear();
  }

  #serve(nowMs: number): void {
    if (this.#gates.waiting === 0) {
      this.#lines.serve(nowMs, undefined);
      return;
    }
    this.#lines.serve(nowMs, this.#sendGated(nowMs));
    this.#sendGated(nowMs); // the lines have had their turn, and may have left places free
  }

  /** Sends suspects to idle workers; whether some that may run are left. */
  #sendSuspects(nowMs: number): boolean {
    const mayStart = (delivery: Delivery) => this.#gates.mayStart(delivery, nowMs);
    for (const slot of this.slots.values()) {
      if (slot.inFlight > 0 || !slot.isOpen) continue;
      while (slot.inFlight === 0) {
        const suspect = this.#quarantine.take(mayStart);
        if (suspect === undefined) return false;
        this.#send(slot, [suspect], nowMs);
      }
      slot.isSolo = true; // not before: of a chunk that nobody wants any more nothing is sent
    }
    return this.#quarantine.hasReady(mayStart);
  }

  /**
   * Sends tasks whose gates are open to workers that begin them at once. When none can, one worker is answered that
   * gets nothing else, so that tasks sent ahead do not keep these waiting for ever.
   */
  #sendGated(nowMs: number): WorkerSlot | undefined {
    for (;;) {
      const slot = this.#leastBusy();
      if (slot === undefined || !slot.isFree) return this.#gates.hasReady(nowMs) ? slot : undefined;
      const delivery = this.#gates.take(nowMs);
      if (delivery === undefined) return undefined;
      slot.isLinesTurn = true;
      this.#send(slot, [delivery], nowMs);
    }
  }

  /** Of the workers that owe the lines nothing. */
  #leastBusy(): WorkerSlot | undefined {
    let least: WorkerSlot | undefined;
    for (const slot of this.slots.values()) {
      if (!slot.isOpen || (slot.isLinesTurn && this.#lines.hasFor(slot))) continue;
      if (least === undefined || slot.inFlight < least.inFlight) least = slot;
    }
    return least;
  }

  #opensAtMs(nowMs: number): number {
    let atMs = this.#gates.opensAtMs(nowMs);
    for (const suspect of this.#quarantine) atMs = Math.min(atMs, this.#gates.opensForAtMs(suspect, nowMs));
    return atMs > nowMs ? atMs : Number.POSITIVE_INFINITY; // open already: it waits for a worker, whose report is heard
  }

  /** A worker is idle, though nothing waits here, and tasks wait on another that may not be begun. */
  #isRecallDue(): boolean {
    if (!this.#options.policy.isSharing) return false;
    let isIdle = false;
    let isWaiting = false;
    for (const slot of this.slots.values()) {
      isIdle ||= slot.isOpen && slot.held === 0;
      isWaiting ||= canRecallFrom(slot);
    }
    return isIdle && isWaiting;
  }

  #recall(): void {
    if (this.#isRecallDue()) recallFromBusiest(this.slots.values(), (delivery) => this.#isMovable(delivery));
  }

  #isMovable(delivery: Delivery): boolean {
    return delivery.envelope.orderingKey === undefined && !this.#gates.isGated(delivery);
  }

  #send(slot: WorkerSlot, deliveries: Delivery[], nowMs: number): void {
    if (!this.#gates.isEmpty) this.#start(slot, deliveries, nowMs);
    let tasks: Delivery[] = [];
    for (const delivery of deliveries) {
      if (!isChunk(delivery.envelope)) {
        tasks.push(delivery);
        continue;
      }
      this.#sendTasks(slot, tasks, nowMs);
      tasks = [];
      this.#sendChunk(slot, delivery, nowMs);
    }
    this.#sendTasks(slot, tasks, nowMs);
  }

  #sendTasks(slot: WorkerSlot, deliveries: Delivery[], nowMs: number): void {
    if (deliveries.length > 0) slot.send(deliveries, nowMs, this.#options.extrasOf(deliveries));
  }

  #sendChunk(slot: WorkerSlot, delivery: Delivery, nowMs: number): void {
    const { chunks, extrasOf } = this.#options;
    const chunk = chunks.leased(delivery);
    if (chunk.open === 0) {
      chunks.ended(chunk);
      return;
    }
    const members = chunk.openMembers();
    const extras = extrasOf(members).map((extra) => ({ ...extra, at: chunk.placeOf(members[extra.at]) }));
    slot.sendChunk(chunk, nowMs, extras);
  }

  #start(slot: WorkerSlot, deliveries: readonly Delivery[], nowMs: number): void {
    for (const delivery of deliveries) {
      if (!this.#gates.isGated(delivery)) continue;
      this.#gates.started(delivery, nowMs);
      slot.gated += 1;
    }
  }
}
