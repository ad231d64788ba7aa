import type { Delivery } from '../../brokers/contract.js';
import { tasksIn } from '../chunks/chunk.js';
import type { GuardedPolicy } from './guarded-policy.js';
import { RankedLine } from './ranked-line.js';
import type { WorkerSlot } from './worker-slot.js';

/** A worker and what it is dealt. */
interface Hand {
  readonly slot: WorkerSlot;
  readonly dealt: Delivery[];
}

export interface TaskLinesOptions {
  readonly policy: GuardedPolicy;
  /** Sends tasks to a worker that has room for them. */
  readonly send: (slot: WorkerSlot, deliveries: Delivery[], nowMs: number) => void;
}

/**
 * The lines in which tasks wait for a worker: one a worker, and a common one. A worker is served from its own line,
 * then from the common one; with neither it may steal from the tail of another's.
 *
 *     place ──▶ line a worker ──▶ its worker
 *           └─▶ common line ────▶ whoever has room
 */
export class TaskLines {
  readonly slots = new Map<string, WorkerSlot>();
  readonly #policy: GuardedPolicy;
  readonly #send: TaskLinesOptions['send'];
  readonly #common = new RankedLine();

  constructor({ policy, send }: TaskLinesOptions) {
    this.#policy = policy;
    this.#send = send;
  }

  /** Tasks in the common line. */
  get inCommon(): number {
    return this.#common.length;
  }

  /** Tasks in all lines. */
  get waiting(): number {
    let waiting = this.#common.length;
    for (const slot of this.slots.values()) waiting += slot.waiting;
    return waiting;
  }

  /** Whether a task waits that this worker is to run: in its own line, or in the common one. */
  hasFor(slot: WorkerSlot): boolean {
    return slot.waiting > 0 || this.#common.length > 0;
  }

  /** Puts each task in the line that the policy says; in the common one while no worker lives. */
  place(deliveries: readonly Delivery[]): void {
    if (deliveries.length === 0) return;
    const slots = this.#standing();
    const placed = slots.length === 0 ? [] : this.#policy.place(deliveries, slots);
    for (const [index, delivery] of deliveries.entries()) {
      const slot = slots[placed[index] ?? -1];
      if (slot === undefined) this.#common.push(delivery, this.#policy.rank(delivery));
      else slot.enqueue(delivery);
    }
  }

  /** What a worker gave back goes to whoever has room, before its equals. */
  takeBack(deliveries: readonly Delivery[]): void {
    for (const delivery of [...deliveries].reverse())
      this.#common.pushFront(delivery, this.#policy.rank(delivery));
  }

  /** Sends every worker but the reserved one what it has room for. */
  serve(nowMs: number, reserved: WorkerSlot | undefined): void {
    let isHungry = false;
    let isStealable = false;
    for (const slot of this.slots.values()) {
      if (slot !== reserved && slot.waiting > 0 && slot.room > 0)
        this.#send(slot, slot.dequeueForRoom(), nowMs);
      isHungry ||= canSteal(slot, reserved);
      isStealable ||= slot.stealable > 0;
    }
    if (this.#common.length > 0) this.#deal(nowMs, reserved);
    if (isHungry && isStealable && this.#policy.canSteal) this.#steal(nowMs, reserved);
  }

  /** Takes all that fit out of every line. */
  takeWhere(fits: (delivery: Delivery) => boolean): Delivery[] {
    const taken = this.#common.takeWhere(fits);
    for (const slot of this.slots.values()) taken.push(...slot.takeWaiting(fits));
    return taken;
  }

  takeAll(): Delivery[] {
    const taken = this.#common.takeAll();
    for (const slot of this.slots.values()) taken.push(...slot.dequeue(slot.waiting));
    return taken;
  }

  *[Symbol.iterator](): IterableIterator<Delivery> {
    yield* this.#common;
    for (const slot of this.slots.values()) yield* slot.inLine();
  }

  /** A worker that is being ended takes no part any more. */
  #standing(): WorkerSlot[] {
    return [...this.slots.values()].filter((slot) => slot.condemnedFor === undefined);
  }

  /** One each in turn: first what runs at once, then what is only at hand, so that nobody holds what an idle one could run. */
  #deal(nowMs: number, reserved: WorkerSlot | undefined): void {
    const hands: Hand[] = [];
    for (const slot of this.slots.values())
      if (slot !== reserved && slot.room > 0) hands.push({ slot, dealt: [] });
    this.#dealUpTo(hands, (slot) => Math.min(slot.concurrency, slot.window));
    this.#dealUpTo(hands, (slot) => slot.window);
    for (const { slot, dealt } of hands) if (dealt.length > 0) this.#send(slot, dealt, nowMs);
  }

  #dealUpTo(hands: readonly Hand[], bound: (slot: WorkerSlot) => number): void {
    let open = hands;
    while (this.#common.length > 0) {
      open = open.filter(({ slot, dealt }) => slot.inFlight + tasksOf(dealt) < bound(slot));
      if (open.length === 0) return;
      for (const { dealt } of open) {
        const delivery = this.#common.pop();
        if (delivery !== undefined) dealt.push(delivery);
      }
    }
  }

  /** Each theft sends at least one task, so that this ends. */
  #steal(nowMs: number, reserved: WorkerSlot | undefined): void {
    const slots = this.#standing();
    for (let isMoving = true; isMoving; ) {
      isMoving = false;
      for (const [at, thief] of slots.entries()) {
        const theft = canSteal(thief, reserved) ? this.#policy.steal(at, slots) : undefined;
        if (theft === undefined) continue;
        for (const delivery of theft.victim.yieldTail(theft.count)) thief.enqueue(delivery);
        this.#send(thief, thief.dequeueForRoom(), nowMs);
        isMoving = true;
      }
    }
  }
}

function tasksOf(dealt: readonly Delivery[]): number {
  let tasks = 0;
  for (const { envelope } of dealt) tasks += tasksIn(envelope);
  return tasks;
}

function canSteal(slot: WorkerSlot, reserved: WorkerSlot | undefined): boolean {
  return slot !== reserved && slot.waiting === 0 && slot.room > 0;
}
