import { Deque } from '../../core/deque.js';
import type { AnswerColumn } from '../chunks/answer-column.js';

/** How the task of one input ended. */
export type Outcome = { readonly value: unknown } | { readonly error: Error };

/** An outcome with the place of its input, from 0. */
export interface PlacedOutcome {
  readonly index: number;
  readonly outcome: Outcome;
}

/** Outcomes of inputs in a row, from `first` on. */
export interface OutcomeRun {
  readonly first: number;
  readonly count: number;
  outcome(at: number): Outcome;
}

/** The outcome of one input. */
export class SingleOutcome implements OutcomeRun {
  readonly first: number;
  readonly count = 1;
  readonly #outcome: Outcome;

  constructor(first: number, outcome: Outcome) {
    this.first = first;
    this.#outcome = outcome;
  }

  outcome(): Outcome {
    return this.#outcome;
  }
}

/** Answers to inputs in a row: a part of a column. */
export class AnswerRun implements OutcomeRun {
  readonly first: number;
  readonly count: number;
  readonly #column: AnswerColumn;
  readonly #from: number;

  constructor(first: number, count: number, column: AnswerColumn, from: number) {
    this.first = first;
    this.count = count;
    this.#column = column;
    this.#from = from;
  }

  outcome(at: number): Outcome {
    return { value: this.#column.value(this.#from + at) };
  }
}

/** Outcomes that have come and are not yet yielded. */
export interface Outcomes {
  /** False while the one to be yielded next has not come. */
  readonly isReady: boolean;
  add(run: OutcomeRun): void;
  next(): PlacedOutcome | undefined;
}

/** Goes through runs, one after the other, as `following` hands them over. */
abstract class Runs implements Outcomes {
  #run: OutcomeRun | undefined;
  #at = 0;

  abstract add(run: OutcomeRun): void;
  /** Whether there is another run to go on with, `index` being that of the input after the last one. */
  protected abstract hasFollowing(index: number): boolean;
  /** Takes it out. */
  protected abstract following(index: number): OutcomeRun | undefined;

  get isReady(): boolean {
    return this.#hasMore || this.hasFollowing(this.#index);
  }

  next(): PlacedOutcome | undefined {
    if (!this.#hasMore) {
      const run = this.following(this.#index);
      if (run === undefined) return undefined;
      this.#run = run;
      this.#at = 0;
    }
    const run = this.#run;
    if (run === undefined) return undefined;
    const at = this.#at;
    this.#at += 1;
    return { index: run.first + at, outcome: run.outcome(at) };
  }

  get #hasMore(): boolean {
    return this.#run !== undefined && this.#at < this.#run.count;
  }

  get #index(): number {
    return this.#run === undefined ? 0 : this.#run.first + this.#at;
  }
}

/** Outcomes in the order of their inputs. */
export class OrderedOutcomes extends Runs {
  readonly #runs = new Map<number, OutcomeRun>();

  add(run: OutcomeRun): void {
    this.#runs.set(run.first, run);
  }

  protected hasFollowing(index: number): boolean {
    return this.#runs.has(index);
  }

  protected following(index: number): OutcomeRun | undefined {
    const run = this.#runs.get(index);
    this.#runs.delete(index);
    return run;
  }
}

/** Outcomes in the order in which they came. */
export class ArrivedOutcomes extends Runs {
  readonly #runs = new Deque<OutcomeRun>();

  add(run: OutcomeRun): void {
    this.#runs.pushBack(run);
  }

  protected hasFollowing(): boolean {
    return this.#runs.length > 0;
  }

  protected following(): OutcomeRun | undefined {
    return this.#runs.popFront();
  }
}
