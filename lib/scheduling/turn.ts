import type { WorkerView } from './contract.js';

/** The ids of the workers that have had their turn in this round, as they joined; never more than there are workers. */
export type Turn = readonly string[];

/** Before anybody has had a turn. */
export const FIRST_TURN: Turn = [];

/**
 * Gives tasks to workers in turn. A worker that holds its credit is passed over until it holds less; when all of
 * them do, the turn goes on as if none did.
 *
 * Whoever stays keeps its place: the ones that are here again stand first and in the order of before, so the round
 * goes on behind the last of them that has had its turn, whoever else left, joined, or came back under its old id.
 *
 *     served  a b c│d        b leaves, e joins:  served  a c│d e        next is d, then e, then a
 */
export class TurnTaker {
  readonly #workers: readonly WorkerView[];
  readonly #held: number[];
  #position: number;

  constructor(turn: Turn, workers: readonly WorkerView[]) {
    this.#workers = workers;
    this.#held = workers.map((worker) => worker.held);
    this.#position = lastServed(turn, workers);
  }

  /** Gives a task to the next in turn, and tells its position. */
  next(): number {
    this.#position = this.#nextWithRoom();
    this.give(this.#position);
    return this.#position;
  }

  /** Counts a task that went to the worker at `position` without a turn. */
  give(position: number): void {
    this.#held[position] = (this.#held[position] ?? 0) + 1;
  }

  /** Where the round stands, for the next call. */
  get turn(): Turn {
    return this.#workers.slice(0, this.#position + 1).map((worker) => worker.id);
  }

  #nextWithRoom(): number {
    const size = this.#workers.length;
    for (let step = 1; step <= size; step += 1) {
      const candidate = (this.#position + step) % size;
      if ((this.#held[candidate] ?? 0) < (this.#workers[candidate]?.credit ?? 0)) return candidate;
    }
    return (this.#position + 1) % size;
  }
}

/** The position of the last of the workers in front that have had their turn; -1 when the next is the first. */
function lastServed(turn: Turn, workers: readonly WorkerView[]): number {
  const served = new Set(turn);
  const next = workers.findIndex((worker) => !served.has(worker.id));
  return (next === -1 ? workers.length : next) - 1;
}
