import type { Clock } from '../core/clock.js';
import { Deque } from '../core/deque.js';

/** Whatever has events to work off. */
export interface Unit {
  /** Owned by the dispatcher: whether it stands in the run queue. */
  scheduled: boolean;
  /** Whether it could work on. */
  readonly ready: boolean;
  /** Works off at most `budget` events and says how many; throws nothing. */
  run(budget: number): number;
}

/** Events a unit works off before the next one's turn. */
const TURN_EVENTS = 64;
/** Events worked off before timers and I/O have theirs, however fast: a fraction of a millisecond of reducers. */
const ROUND_EVENTS = 4_096;
/** How long they may have to wait, but for a single slow event. */
const ROUND_MS = 2;
/** Events between two looks at the clock, at most: a look costs as much as an event or two. */
const LOOK_EVENTS_MAX = TURN_EVENTS;
/** A look is due about so often. */
const LOOK_MS = 0.25;

const RESOLVED = Promise.resolve();

/**
 * Gives units their turns, in the order in which they became ready. Work that comes to rest starts with the next
 * microtask; after a bounded number of events, or a bounded time, microtasks or not, it yields to timers and I/O.
 */
export class Dispatcher {
  readonly #clock: Clock;
  readonly #queue = new Deque<Unit>();
  readonly #budget: RoundBudget;
  readonly #rest: () => void;
  readonly #round = () => this.#run();
  readonly #freshRound = () => {
    this.#budget.renew();
    this.#run();
  };
  #awake = false;

  /** `rest` is called whenever nothing is left to do, and before each yield. */
  constructor(clock: Clock, rest: () => void) {
    this.#clock = clock;
    this.#budget = new RoundBudget(clock);
    this.#rest = rest;
  }

  /** Sees to it that `rest` is called soon, whether there is work or not. */
  rouse(): void {
    if (!this.#awake) this.#wake();
  }

  /** Puts a unit in the queue unless it stands there. */
  schedule(unit: Unit): void {
    if (unit.scheduled) return;
    unit.scheduled = true;
    this.#queue.pushBack(unit);
    this.rouse();
  }

  #wake(): void {
    this.#awake = true;
    // A reaction of a promise costs half of what queueMicrotask does.
    if (this.#budget.isSpent) this.#clock.defer(this.#freshRound);
    else void RESOLVED.then(this.#round);
  }

  #run(): void {
    const budget = this.#budget;
    budget.begin();
    while (!budget.isSpent) {
      const unit = this.#queue.popFront();
      if (unit === undefined) {
        this.#awake = false;
        this.#rest();
        return;
      }
      const count = unit.run(budget.turnEvents);
      unit.scheduled = unit.ready;
      if (unit.scheduled) this.#queue.pushBack(unit);
      // At least one, so that units with nothing left to do cannot keep the loop going.
      budget.spend(count === 0 ? 1 : count);
    }
    this.#rest();
    this.#wake();
  }
}

/**
 * What may be worked off before timers and I/O have their turn. It counts events, which costs nothing, and looks at
 * the clock as often as they are slow: at each one that takes a quarter of a millisecond, at every 64th of the fast.
 * Of a stretch that a microtask began, only the time from its beginning on counts: before that there was none of ours.
 */
class RoundBudget {
  readonly #clock: Clock;
  #eventsLeft = ROUND_EVENTS;
  #workedMs = 0;
  /** From a look to the next one. */
  #lookEvents = 1;
  #eventsToLook = 1;
  #lookedMs = 0;
  #eventsSinceLook = 0;
  /** Whether all time since the last look was ours. */
  #isOurs = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isSpent(): boolean {
    return this.#eventsLeft <= 0;
  }

  /** Events of the next turn. */
  get turnEvents(): number {
    return Math.min(TURN_EVENTS, this.#eventsLeft, this.#eventsToLook);
  }

  renew(): void {
    this.#eventsLeft = ROUND_EVENTS;
    this.#workedMs = 0;
  }

  /** A stretch begins. Where events are known to be fast, the look at the clock is saved. */
  begin(): void {
    this.#isOurs = this.#lookEvents < LOOK_EVENTS_MAX;
    if (this.#isOurs) this.#seen(this.#clock.nowMs());
  }

  spend(events: number): void {
    this.#eventsLeft -= events;
    this.#eventsSinceLook += events;
    this.#eventsToLook -= events;
    if (this.#eventsToLook <= 0) this.#look();
  }

  #look(): void {
    const nowMs = this.#clock.nowMs();
    const passedMs = nowMs - this.#lookedMs;
    const fitting = Math.floor((LOOK_MS * this.#eventsSinceLook) / passedMs);
    this.#lookEvents = Math.max(1, Math.min(LOOK_EVENTS_MAX, 2 * this.#lookEvents, fitting));
    this.#eventsToLook = this.#lookEvents;
    if (this.#isOurs) this.#workedMs += passedMs;
    if (this.#workedMs >= ROUND_MS) this.#eventsLeft = 0;
    this.#seen(nowMs);
    this.#isOurs = true;
  }

  #seen(nowMs: number): void {
    this.#lookedMs = nowMs;
    this.#eventsSinceLook = 0;
  }
}
