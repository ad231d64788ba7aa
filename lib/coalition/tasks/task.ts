import type { Span } from '../../core/frame.js';
import type { Encoded } from '../../core/value.js';
import type { AnswerColumn } from '../chunks/answer-column.js';

/** Whoever waits for tasks: told once for each how it ended, by the producer's sequence number. */
export interface TaskOwner {
  /** Whether their answers can be asked for by id, so that a broker that keeps answers keeps theirs. */
  readonly isAskedFor?: boolean;
  /** It was answered. */
  answered(seq: number, value: Encoded): void;
  /** It failed for good. */
  failed(seq: number, error: Error): void;
  /** Its last try failed, and the `attempt`-th (from 2) is to come. */
  retried?(seq: number, attempt: number): void;
  /** Tasks of a chunk were answered, that of its message's sequence number first, the answers in a column. */
  chunkAnswered?(firstSeq: number, spans: readonly Span[], answers: AnswerColumn): void;
  /** A task of a chunk goes on as a message of its own, under another sequence number. */
  moved?(seq: number, newSeq: number): void;
}

/** How long to wait for a result, and what ends the wait early. */
export interface ResultOptions {
  /** After how long the wait fails with `Timeout`; the task goes on (default: never, 30 s if another process submitted it). */
  readonly timeoutMs?: number;
  /** Ends the wait with the signal's reason; the task goes on. */
  readonly signal?: AbortSignal;
}

/** Where a task stands: 'waiting' for its first or next try, with a worker, or at its end. */
export type TaskState = 'waiting' | 'running' | 'completed' | 'failed' | 'cancelled';

/** A submitted task, as its submitter holds it. Its result is lazy: a failure that nobody asks for harms nobody. */
export interface Task<Result = unknown> {
  /** The caller's own id, or the one it was given. */
  readonly id: string;
  /** Whose task it is; '' where only the answer will tell. */
  readonly agent: string;
  /** Whether the task survives the death of the process that holds the queue. */
  readonly durable: boolean;
  /** 'running' from when it was handed to a worker, which may have other tasks to finish first. */
  readonly state: TaskState;
  /** The try that runs or comes next, or that was the last: from 1. */
  readonly attempt: number;
  /**
   * What the handler returned, a fresh copy on each call.
   * @throws `HandlerFailed` or `WorkerCrashed` once the attempts are used up, `InvalidPayload`, `Cancelled`,
   * `ShuttingDown` when the coalition ended first, `Timeout` after `timeoutMs` (the task goes on), the signal's
   * reason when it aborts (the task goes on), `InvalidOption`. Of a task that this process did not submit also
   * `Timeout` after 30 s, if no `timeoutMs` is given, and `BrokerUnavailable`.
   */
  result(options?: ResultOptions): Promise<Result>;
  /**
   * Nobody wants it any more: it does not begin, or its `context.signal` aborts, and its result rejects with
   * `Cancelled`. True if it was still pending. One that was delayed may stay in the broker until it is due; one that
   * this process did not submit is not cancelled, and one that another pool has begun is not aborted.
   */
  cancel(reason?: unknown): boolean;
}
