import type { ClaimDraft } from '../core/claim-draft.js';
import type { TaskBatch } from '../core/frame.js';
import { decode, type Encoded, encodeWithin } from '../core/value.js';
import {
  countEnded,
  type Ended,
  HeldTasks,
  type PlacedClaims,
  type PlacedFailure,
  type Settled,
} from './held-tasks.js';

interface Outcomes {
  readonly at: number[];
  readonly values: Encoded[];
  readonly failures: PlacedFailure[];
  readonly claims: PlacedClaims[];
}

/** A batch on its way through a worker: each task has an id, an agent and a payload of its own. */
export class HeldBatch extends HeldTasks {
  readonly #frame: TaskBatch;
  readonly #resultBytesMax: number;
  #outcomes = noOutcomes();

  constructor(frame: TaskBatch, resultBytesMax: number) {
    super(frame.batch, frame.ids.length, [], frame.extras);
    this.#frame = frame;
    this.#resultBytesMax = resultBytesMax;
  }

  agentOf(at: number): string {
    return this.#frame.agents[at] ?? '';
  }

  idOf(at: number): string {
    return this.#frame.ids[at] ?? '';
  }

  attemptOf(at: number): number {
    return this.#frame.attempts[at] ?? 1;
  }

  payloadOf(at: number): unknown {
    return decode(this.#frame.payloads[at] as Encoded);
  }

  takeSettled(ended: Map<string, Ended>): readonly Settled[] {
    const outcomes = this.#outcomes;
    this.#outcomes = noOutcomes();
    for (const at of outcomes.at) countEnded(ended, this.agentOf(at), 1, 0);
    for (const { at } of outcomes.failures) countEnded(ended, this.agentOf(at), 1, 1);
    return [{ type: 'settled', batch: this.number, ...outcomes }];
  }

  protected keepAnswer(at: number, value: unknown, claims: readonly ClaimDraft[] | undefined): void {
    this.#outcomes.values.push(encodeWithin(value, 'result', this.#resultBytesMax));
    this.#outcomes.at.push(at);
    if (claims !== undefined) this.#outcomes.claims.push({ at, claims });
  }

  protected keepFailure(failure: PlacedFailure): void {
    this.#outcomes.failures.push(failure);
  }
}

function noOutcomes(): Outcomes {
  return { at: [], values: [], failures: [], claims: [] };
}
