import type { Clock, Timer } from '../core/clock.js';

/** Something that lapses unless it is taken off the wheel before. It stands in one slot, or in none. */
export abstract class Deadline {
  /** Owned by the wheel, like all below. */
  slot = NOWHERE;
  /** What it was set to; and, once the wheel has looked at the clock, when it lapses. */
  afterMs = 0;
  dueMs = 0;
  next: Deadline = this;
  previous: Deadline = this;

  /** Its time is up. */
  abstract lapse(): void;
}

const NOWHERE = -1;
const SLOTS = 32;
const LEVELS = 8;
/** Those that nobody has looked at the clock for yet. */
const FRESH = LEVELS * SLOTS;
/** A slot of level n is so many milliseconds wide. */
const WIDTHS_MS = Array.from({ length: LEVELS + 1 }, (_, level) => SLOTS ** level);
/** The whole wheel: 34 years. What is due later, or never, is looked at again then. */
const SPAN_MS = SLOTS ** LEVELS;

/**
 * Any number of deadlines on one timer of the clock, to the millisecond, none of them early. Setting one and taking it
 * off cost the same however many there are, and one that is taken off before anybody calls `look` costs no look at
 * the clock either.
 *
 *     fresh ──look──▶ level 1: 32 slots of 32 ms ──(its time comes)──▶ level 0: 32 slots of 1 ms ──▶ lapse
 *
 * A deadline stands on the lowest level whose whole round holds both it and the hand, so its slot is ahead of the hand.
 */
export class TimerWheel {
  readonly #clock: Clock;
  readonly #originMs: number;
  readonly #heads: (Deadline | undefined)[] = new Array(FRESH + 1).fill(undefined);
  /** A bit for each slot of a level that is not empty. */
  readonly #occupied = new Int32Array(LEVELS);
  readonly #ring = () => {
    this.#timer = undefined;
    this.#turn();
  };
  #size = 0;
  /** Milliseconds since the origin; all that was due by then has lapsed. */
  #hand = 0;
  #timer: Timer | undefined;
  #ringsAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#originMs = clock.nowMs();
  }

  /** Deadlines that stand. */
  get size(): number {
    return this.#size;
  }

  /** Lapses after at least `afterMs`, counted from the next `look`. */
  set(deadline: Deadline, afterMs: number): void {
    deadline.afterMs = afterMs;
    this.#size += 1;
    this.#link(deadline, FRESH);
  }

  /** Begins the time of those that were set since the last look. */
  look(): void {
    if (this.#heads[FRESH] !== undefined) this.#turn();
  }

  /** It will not lapse. Nothing happens where it has, or was never set. */
  remove(deadline: Deadline): void {
    if (deadline.slot === NOWHERE) return;
    this.#unlink(deadline);
    this.#size -= 1;
    if (this.#size === 0) this.#disarm();
  }

  /** What is due lapses, what is fresh gets its slot, and the timer is set for what comes next. */
  #turn(): void {
    const nowMs = this.#clock.nowMs() - this.#originMs;
    this.#advance(Math.floor(nowMs));
    for (let head = this.#heads[FRESH]; head !== undefined; head = this.#heads[FRESH]) {
      this.#unlink(head);
      head.dueMs = nowMs + head.afterMs;
      this.#place(head);
    }
    this.#arm(nowMs);
  }

  #advance(nowMs: number): void {
    for (let at = this.#nextAt(); at <= nowMs; at = this.#nextAt()) {
      const slot = this.#slotOf(this.#levelOf(at), at);
      this.#hand = at;
      for (let head = this.#heads[slot]; head !== undefined; head = this.#heads[slot]) {
        this.#unlink(head);
        if (head.dueMs > at) this.#place(head);
        else this.#lapse(head);
      }
    }
    this.#hand = Math.max(this.#hand, nowMs);
  }

  #lapse(deadline: Deadline): void {
    this.#size -= 1;
    deadline.lapse();
  }

  /** Ahead of the hand, at the next millisecond at the earliest. */
  #place(deadline: Deadline): void {
    const at = Math.min(Math.max(Math.ceil(deadline.dueMs), this.#hand + 1), SPAN_MS - 1);
    this.#link(deadline, this.#slotOf(this.#levelOf(at), at));
  }

  #levelOf(at: number): number {
    let level = 0;
    while (level < LEVELS - 1 && this.#roundOf(level, at) !== this.#roundOf(level, this.#hand)) level += 1;
    return level;
  }

  #roundOf(level: number, at: number): number {
    return Math.floor(at / (WIDTHS_MS[level + 1] ?? SPAN_MS));
  }

  #slotOf(level: number, at: number): number {
    return level * SLOTS + (Math.floor(at / (WIDTHS_MS[level] ?? 1)) % SLOTS);
  }

  /** When the first slot that is not empty begins; infinite where all are. */
  #nextAt(): number {
    for (let level = 0; level < LEVELS; level += 1) {
      const bits = this.#occupied[level] ?? 0;
      if (bits === 0) continue;
      const first = 31 - Math.clz32(bits & -bits);
      return (
        this.#roundOf(level, this.#hand) * (WIDTHS_MS[level + 1] ?? SPAN_MS) + first * (WIDTHS_MS[level] ?? 1)
      );
    }
    return Number.POSITIVE_INFINITY;
  }

  #arm(nowMs: number): void {
    if (this.#size === 0) {
      this.#disarm();
      return;
    }
    const at = this.#nextAt();
    if (this.#timer !== undefined && this.#ringsAt <= at) return;
    this.#timer?.cancel();
    this.#ringsAt = at;
    this.#timer = this.#clock.setTimer(this.#ring, Math.max(0, at - nowMs));
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** At the end of its slot: equals lapse in the order in which they were set. */
  #link(deadline: Deadline, slot: number): void {
    const head = this.#heads[slot];
    deadline.slot = slot;
    if (head === undefined) {
      deadline.next = deadline;
      deadline.previous = deadline;
      this.#heads[slot] = deadline;
      if (slot < FRESH) this.#mark(slot, true);
      return;
    }
    deadline.next = head;
    deadline.previous = head.previous;
    head.previous.next = deadline;
    head.previous = deadline;
  }

  #unlink(deadline: Deadline): void {
    const { slot, next, previous } = deadline;
    deadline.slot = NOWHERE;
    if (next === deadline) {
      this.#heads[slot] = undefined;
      if (slot < FRESH) this.#mark(slot, false);
      return;
    }
    previous.next = next;
    next.previous = previous;
    if (this.#heads[slot] === deadline) this.#heads[slot] = next;
    deadline.next = deadline;
    deadline.previous = deadline;
  }

  #mark(slot: number, isOccupied: boolean): void {
    const level = Math.floor(slot / SLOTS);
    const bit = 1 << (slot % SLOTS);
    const bits = this.#occupied[level] ?? 0;
    this.#occupied[level] = isOccupied ? bits | bit : bits & ~bit;
  }
}
