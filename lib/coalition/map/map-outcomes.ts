import { Deque } from '../../core/deque.js';
import type { Encoded } from '../../core/value.js';

/** How the task of one input ended. */
export type Outcome = { readonly value: Encoded } | { readonly error: Error };

/** An outcome with the place of its input, from 0. */
export interface PlacedOutcome {
  readonly index: number;
  readonly outcome: Outcome;
}

/** Outcomes that have come and are not yet yielded. */
export interface Outcomes {
  /** False while the one to be yielded next has not come. */
  readonly isReady: boolean;
  add(index: number, outcome: Outcome): void;
  next(): PlacedOutcome | undefined;
}

/** Outcomes in the order of their inputs. */
export class OrderedOutcomes implements Outcomes {
  readonly #outcomes = new Map<number, Outcome>();
  #index = 0;

  get isReady(): boolean {
    return this.#outcomes.has(this.#index);
  }

  add(index: number, outcome: Outcome): void {
    this.#outcomes.set(index, outcome);
  }

  next(): PlacedOutcome | undefined {
    const index = this.#index;
    const outcome = this.#outcomes.get(index);
    if (outcome === undefined) return undefined;
    this.#outcomes.delete(index);
    this.#index += 1;
    return { index, outcome };
  }
}

/** Outcomes in the order in which they came. */
export class ArrivedOutcomes implements Outcomes {
  readonly #outcomes = new Deque<PlacedOutcome>();

  get isReady(): boolean {
    return this.#outcomes.length > 0;
  }

  add(index: number, outcome: Outcome): void {
    this.#outcomes.pushBack({ index, outcome });
  }

  next(): PlacedOutcome | undefined {
    return this.#outcomes.popFront();
  }
}
