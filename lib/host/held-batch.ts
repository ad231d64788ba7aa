import type { ClaimDraft } from '../core/claim-draft.js';
import { type ErrorData, errorToData } from '../core/errors.js';
import type { SettledFrame, TaskBatch, TaskExtra } from '../core/frame.js';
import type { Encoded } from '../core/value.js';
import type { TaskTry } from './task-try.js';

/** What has become of some tasks of a batch. */
export type Settled = Omit<SettledFrame, 'credit' | 'type'>;

interface Outcomes {
  readonly at: number[];
  readonly values: Encoded[];
  readonly failures: { at: number; error: ErrorData }[];
  readonly claims: { at: number; claims: readonly ClaimDraft[] }[];
}

/** A batch on its way through a worker: what waits, runs, was recalled, and has ended since the last report. */
export class HeldBatch {
  readonly frame: TaskBatch;
  readonly running = new Map<number, TaskTry>();
  readonly #extras: ReadonlyMap<number, TaskExtra> | undefined;
  #cancelled: Map<number, string> | undefined;
  #recalled: Set<number> | undefined;
  /** Tasks before this position have had their turn: a batch is begun in order. */
  #turn = 0;
  #open: number;
  #outcomes = noOutcomes();

  constructor(frame: TaskBatch) {
    this.frame = frame;
    this.#open = frame.ids.length;
    if (frame.extras.length > 0) this.#extras = new Map(frame.extras.map((extra) => [extra.at, extra]));
  }

  /** No task is without an outcome. */
  get isDone(): boolean {
    return this.#open === 0;
  }

  extraOf(at: number): TaskExtra | undefined {
    return this.#extras?.get(at);
  }

  /** It is the turn of the task at this position: false if it was recalled. */
  begin(at: number): boolean {
    this.#turn = at + 1;
    return this.#recalled?.delete(at) !== true;
  }

  /** Gives up those of these tasks that have not begun, and says which. */
  recall(positions: readonly number[]): number[] {
    const returned = positions.filter((at) => this.#recall(at));
    this.#open -= returned.length;
    return returned;
  }

  isRecalled(at: number): boolean {
    return this.#recalled?.has(at) === true;
  }

  cancel(at: number, reason: string): void {
    this.#cancelled ??= new Map();
    this.#cancelled.set(at, reason);
  }

  /** Why the task at this position is not wanted any more; undefined if it is. */
  cancelled(at: number): string | undefined {
    return this.#cancelled?.get(at);
  }

  answer(at: number, value: Encoded, claims: readonly ClaimDraft[] | undefined): void {
    this.#outcomes.at.push(at);
    this.#outcomes.values.push(value);
    if (claims !== undefined) this.#outcomes.claims.push({ at, claims });
    this.#open -= 1;
  }

  fail(at: number, error: unknown): void {
    this.#outcomes.failures.push({ at, error: errorToData(error) });
    this.#open -= 1;
  }

  /** What has ended since this was asked last. */
  takeSettled(): Settled {
    const outcomes = this.#outcomes;
    this.#outcomes = noOutcomes();
    return { batch: this.frame.batch, ...outcomes };
  }

  /** A position that is none, that has had its turn or was recalled before is no news. */
  #recall(at: number): boolean {
    if (!Number.isInteger(at) || at < this.#turn || at >= this.frame.ids.length) return false;
    this.#recalled ??= new Set();
    if (this.#recalled.has(at)) return false;
    this.#recalled.add(at);
    return true;
  }
}

function noOutcomes(): Outcomes {
  return { at: [], values: [], failures: [], claims: [] };
}
