import type { CoordinatorEvent } from '../../../actors/coordinator.js';
import type { ErrorData } from '../../core/errors.js';
import { errorToData } from '../../core/errors.js';
import type { SharedResult } from '../../core/frame.js';
import type { Envelope } from '../../core/message.js';
import { encode, type Plain } from '../../core/value.js';
import type { Draft } from '../tasks/publisher.js';
import type { TaskOwner } from '../tasks/task.js';

/** What came of a query. */
export interface QueryReport {
  /** How many loops were run. */
  readonly loops: number;
  /** The shared state at the end, in the order in which results arrived. */
  readonly results: readonly SharedResult[];
  /** Tasks that became dead letters; the stages after them ran without their result. */
  readonly failures: readonly QueryFailure[];
  /** How long it took, in seconds. */
  readonly durationS: number;
}

/** A task of a query that became a dead letter. */
export interface QueryFailure {
  /** Whose task it was. */
  readonly agent: string;
  /** The loop, from 1. */
  readonly loop: number;
  /** Why. */
  readonly error: ErrorData;
}

/** What a query needs of its coalition. */
export interface QueryPort {
  publishAll(drafts: readonly Draft[], owner: QueryRun): Promise<void>;
  tell(event: CoordinatorEvent): unknown;
}

interface Sent {
  readonly agent: string;
  readonly loop: number;
}

/** One `runQuery`: publishes a task for each agent of each stage when the coordinator says so. */
export class QueryRun implements TaskOwner {
  readonly id: string;
  readonly failures: QueryFailure[] = [];
  readonly #query: Plain;
  readonly #stages: readonly (readonly string[])[];
  readonly #port: QueryPort;
  readonly #sent = new Map<number, Sent>();
  /** Waiting to be published: agents of the stage, in order. */
  #stage: readonly Sent[] = [];

  constructor(id: string, query: Plain, stages: readonly (readonly string[])[], port: QueryPort) {
    this.id = id;
    this.#query = query;
    this.#stages = stages;
    this.#port = port;
  }

  /** A task for each agent of the stage, for workers that have the first `state` results of the query. */
  async dispatch(loop: number, stage: number, state: number): Promise<void> {
    const agents = this.#stages[stage] ?? [];
    this.#stage = agents.map((agent) => ({ agent, loop }));
    const payload = encode({ query: this.#query, loop });
    const headers = { query: this.id, loop: String(loop), stage: String(stage), state: String(state) };
    try {
      await this.#port.publishAll(
        agents.map((agent) => ({ kind: 'task', agent, payload, headers })),
        this,
      );
    } catch (error) {
      for (const sent of this.#stage) this.#fail(sent, error);
    }
  }

  /** The tasks that have not ended, by their agent. */
  pending(): ReadonlyMap<string, readonly number[]> {
    const pending = new Map<string, number[]>();
    for (const [seq, { agent }] of this.#sent) pending.set(agent, [...(pending.get(agent) ?? []), seq]);
    return pending;
  }

  stamped(envelopes: readonly Envelope[]): void {
    const waiting = this.#stage.slice(-envelopes.length);
    for (const [index, { seq }] of envelopes.entries()) {
      const sent = waiting[index];
      if (sent !== undefined) this.#sent.set(seq, sent);
    }
  }

  refused(envelopes: readonly Envelope[]): void {
    for (const { seq } of envelopes) this.#sent.delete(seq);
  }

  /** Its result is on the way to the shared state, whose aggregator tells the coordinator. */
  answered(seq: number): void {
    this.#sent.delete(seq);
  }

  failed(seq: number, error: Error): void {
    const sent = this.#sent.get(seq);
    this.#sent.delete(seq);
    if (sent !== undefined) this.#fail(sent, error);
  }

  #fail({ agent, loop }: Sent, error: unknown): void {
    this.failures.push({ agent, loop, error: errorToData(error) });
    this.#port.tell({ type: 'answered', count: 1 });
  }
}
