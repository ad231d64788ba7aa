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
/** Events worked off before timers and I/O have theirs: some milliseconds of charts. */
const ROUND_EVENTS = 1_024;

/**
 * Gives units their turns, in the order in which they became ready. Work that comes to rest starts with the next
 * microtask; after a bounded number of events, microtasks or not, it yields to timers and I/O.
 */
export class Dispatcher {
  readonly #clock: Clock;
  readonly #queue = new Deque<Unit>();
  readonly #round = () => this.#run();
  readonly #freshRound = () => {
    this.#spent = 0;
    this.#run();
  };
  /** Events since timers last had their turn. */
  #spent = 0;
  #awake = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Puts a unit in the queue unless it stands there. */
  schedule(unit: Unit): void {
    if (unit.scheduled) return;
    unit.scheduled = true;
    this.#queue.pushBack(unit);
    if (!this.#awake) this.#wake();
  }

  #wake(): void {
    this.#awake = true;
    if (this.#spent < ROUND_EVENTS) queueMicrotask(this.#round);
    else this.#clock.defer(this.#freshRound);
  }

  #run(): void {
    while (this.#spent < ROUND_EVENTS) {
      const unit = this.#queue.popFront();
      if (unit === undefined) {
        this.#awake = false;
        return;
      }
      // At least one, so that units with nothing left to do cannot keep the loop going.
      this.#spent += Math.max(1, unit.run(Math.min(TURN_EVENTS, ROUND_EVENTS - this.#spent)));
      unit.scheduled = unit.ready;
      if (unit.scheduled) this.#queue.pushBack(unit);
    }
    this.#wake();
  }
}
