import type { Delivery } from '../../brokers/contract.js';
import { ConclaveError, messageOf } from '../../core/errors.js';
import type { Placement, SchedulingPolicy, TaskView, WorkerView } from '../../scheduling/contract.js';

/** What is stolen from whom, checked. */
export interface Theft<Worker> {
  readonly victim: Worker;
  readonly count: number;
}

/**
 * A scheduling policy, which may be a user's own, and so may throw or answer nonsense: that is told, and then
 * tasks are placed in turn, nothing is stolen, and the common line is first come, first served. No task is lost by it.
 */
export class GuardedPolicy {
  readonly #policy: SchedulingPolicy;
  readonly #onFault: (error: ConclaveError) => void;
  #state: unknown;
  #turn = 0;
  #canSteal: boolean;
  #canRank: boolean;
  #usesCommonLine: boolean;

  constructor(policy: SchedulingPolicy, onFault: (error: ConclaveError) => void) {
    this.#policy = policy;
    this.#onFault = onFault;
    this.#state = policy.initial;
    this.#canSteal = policy.steal !== undefined;
    this.#canRank = policy.rank !== undefined;
    this.#usesCommonLine = policy.rank !== undefined;
  }

  /** Whether it says which of two tasks goes first. */
  get canRank(): boolean {
    return this.#canRank;
  }

  get canSteal(): boolean {
    return this.#canSteal;
  }

  /** Whether a task placed with one worker may be run by another, for all this policy minds. */
  get isSharing(): boolean {
    return this.#canSteal || this.#usesCommonLine;
  }

  /** The position of the worker in whose line each task waits, undefined for the common line; at least one worker. */
  place(deliveries: readonly Delivery[], workers: readonly WorkerView[]): Placement<unknown>['workers'] {
    try {
      const placement = this.#policy.place(this.#state, deliveries.map(toTaskView), workers);
      this.#refuseUnknown(placement.workers, deliveries.length, workers.length);
      this.#state = placement.state;
      this.#usesCommonLine ||= placement.workers.includes(undefined);
      return placement.workers;
    } catch (error) {
      this.#onFault(this.#fault('place', error, 'these tasks were placed in turn'));
      return deliveries.map(() => this.#next(workers.length));
    }
  }

  /** What the worker at position `thief` may take, and from whom; undefined for nothing. */
  steal<Worker extends WorkerView>(thief: number, workers: readonly Worker[]): Theft<Worker> | undefined {
    if (!this.#canSteal) return undefined;
    try {
      const theft = this.#policy.steal?.(this.#state, thief, workers);
      if (theft === undefined) return undefined;
      const victim = this.#victimOf(theft.victim, thief, workers);
      const count = this.#countOf(theft.count, victim);
      this.#state = theft.state;
      return { victim, count };
    } catch (error) {
      this.#canSteal = false;
      this.#onFault(this.#fault('steal', error, 'it is not asked to steal any more'));
      return undefined;
    }
  }

  /** Where in the common line a task stands: the larger goes first. */
  rank(delivery: Delivery): number {
    if (!this.#canRank) return 0;
    try {
      const rank = this.#policy.rank?.(toTaskView(delivery));
      if (typeof rank === 'number' && !Number.isNaN(rank)) return rank;
      throw new TypeError(`a rank must be a number, not ${rank}`);
    } catch (error) {
      this.#canRank = false;
      this.#onFault(this.#fault('rank', error, 'it is not asked for ranks any more'));
      return 0;
    }
  }

  #next(workers: number): number {
    this.#turn += 1;
    return this.#turn % workers;
  }

  #refuseUnknown(placed: readonly (number | undefined)[], tasks: number, workers: number): void {
    if (placed.length !== tasks) throw new RangeError(`it placed ${placed.length} of ${tasks} tasks`);
    for (const at of placed)
      if (at !== undefined && !(Number.isInteger(at) && at >= 0 && at < workers))
        throw new RangeError(`it named worker ${at} of ${workers} (from 0)`);
  }

  #victimOf<Worker extends WorkerView>(at: number, thief: number, workers: readonly Worker[]): Worker {
    const victim = workers[at];
    if (victim === undefined || at === thief || victim.stealable === 0)
      throw new RangeError(
        `it named worker ${at} of ${workers.length} (from 0), of whom worker ${thief} has nothing to steal`,
      );
    return victim;
  }

  #countOf(count: number, victim: WorkerView): number {
    if (Number.isInteger(count) && count >= 1) return Math.min(count, victim.stealable);
    throw new RangeError(`it stole ${count} tasks`);
  }

  #fault(call: 'place' | 'steal' | 'rank', cause: unknown, outcome: string): ConclaveError {
    return new ConclaveError(
      'InvalidOption',
      `The scheduling policy "${this.#policy.name}" failed in ${call}: ${messageOf(cause)}; ${outcome}. ` +
        'Correct the policy given as schedule.',
      { cause },
    );
  }
}

function toTaskView({ envelope }: Delivery): TaskView {
  const { agent, priority, orderingKey, enqueuedAtMs } = envelope;
  return { agent, priority, orderingKey, enqueuedAtMs };
}
