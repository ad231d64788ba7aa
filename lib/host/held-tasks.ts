import type { ClaimDraft } from '../core/claim-draft.js';
import { type ErrorData, errorToData } from '../core/errors.js';
import type { ChunkSettledFrame, SettledFrame, TaskExtra } from '../core/frame.js';
import type { TaskSource, TaskTry } from './task-try.js';

/** What has become of some tasks that were sent together, but for the credit that is granted for them. */
export type Settled = Omit<SettledFrame, 'credit'> | Omit<ChunkSettledFrame, 'credit'>;

/** How many tasks of one agent ended, and how many of these by an error. */
export interface Ended {
  count: number;
  failed: number;
}

/** A failure, where it stands. */
export interface PlacedFailure {
  readonly at: number;
  readonly error: ErrorData;
}

/** What a task claims, where it stands. */
export interface PlacedClaims {
  readonly at: number;
  readonly claims: readonly ClaimDraft[];
}

/** No position. */
export const NONE = -1;

/** Tasks that came together, on their way through a worker: what waits, runs, was recalled, and has ended. */
export abstract class HeldTasks implements TaskSource {
  readonly number: number;
  readonly running = new Map<number, TaskTry>();
  /** Owned by the runner: whether it knows that something has ended here. */
  isNoted = false;
  readonly #count: number;
  readonly #extras: ReadonlyMap<number, TaskExtra> | undefined;
  #cancelled: Map<number, string> | undefined;
  /** Positions whose turn will not come. */
  #gone: Set<number> | undefined;
  /** Tasks before this position have had their turn: they are begun in order. */
  #turn = 0;
  #waiting: number;
  #open: number;

  constructor(number: number, count: number, skip: readonly number[], extras: readonly TaskExtra[]) {
    this.number = number;
    this.#count = count;
    this.#waiting = count - skip.length;
    this.#open = this.#waiting;
    if (skip.length > 0) this.#gone = new Set(skip);
    if (extras.length > 0) this.#extras = new Map(extras.map((extra) => [extra.at, extra]));
  }

  abstract agentOf(at: number): string;
  abstract idOf(at: number): string;
  abstract attemptOf(at: number): number;
  abstract payloadOf(at: number): unknown;

  /** Keeps what a task answered. @throws `NotSerializable` or `MessageTooLarge` when that cannot cross. */
  answer(at: number, value: unknown, claims: readonly ClaimDraft[] | undefined): void {
    this.keepAnswer(at, value, claims);
    this.#open -= 1;
  }

  fail(at: number, error: unknown): void {
    this.keepFailure({ at, error: errorToData(error) });
    this.#open -= 1;
  }

  /** What has ended since this was asked last, as frames; `ended` is told how many of whose tasks that are. */
  abstract takeSettled(ended: Map<string, Ended>): readonly Settled[];

  protected abstract keepAnswer(at: number, value: unknown, claims: readonly ClaimDraft[] | undefined): void;
  protected abstract keepFailure(failure: PlacedFailure): void;

  /** No task is without an outcome. */
  get isDone(): boolean {
    return this.#open === 0;
  }

  /** Tasks whose turn is still to come. */
  get waiting(): number {
    return this.#waiting;
  }

  timeoutMsOf(at: number): number | undefined {
    return this.#extras?.get(at)?.timeoutMs ?? undefined;
  }

  recordedOf(at: number): TaskExtra['recorded'] {
    return this.#extras?.get(at)?.recorded ?? [];
  }

  /** The position of the task whose turn it is; it is no other's again. `NONE` after the last. */
  next(): number {
    while (this.#turn < this.#count) {
      const at = this.#turn;
      this.#turn += 1;
      if (this.#gone?.delete(at) === true) continue;
      this.#waiting -= 1;
      return at;
    }
    return NONE;
  }

  /** Gives up those of these tasks that have not begun, and says which. */
  recall(positions: readonly number[]): number[] {
    const returned = positions.filter((at) => this.#recall(at));
    this.#open -= returned.length;
    this.#waiting -= returned.length;
    return returned;
  }

  cancel(at: number, reason: string): void {
    this.#cancelled ??= new Map();
    this.#cancelled.set(at, reason);
  }

  /** Why the task at this position is not wanted any more; undefined if it is. */
  cancelled(at: number): string | undefined {
    return this.#cancelled?.get(at);
  }

  /** A position that is none, that has had its turn or was recalled before is no news. */
  #recall(at: number): boolean {
    if (!Number.isInteger(at) || at < this.#turn || at >= this.#count) return false;
    this.#gone ??= new Set();
    if (this.#gone.has(at)) return false;
    this.#gone.add(at);
    return true;
  }
}

/** Counts tasks that have ended. */
export function countEnded(ended: Map<string, Ended>, agent: string, count: number, failed: number): void {
  if (count === 0) return;
  const known = ended.get(agent);
  if (known === undefined) ended.set(agent, { count, failed });
  else {
    known.count += count;
    known.failed += failed;
  }
}
