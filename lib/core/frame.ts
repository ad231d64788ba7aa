import type { ClaimDraft } from './claim-draft.js';
import type { ErrorData } from './errors.js';
import type { Encoded } from './value.js';

/** An entry of the shared state: what one agent answered in one loop. */
export interface SharedResult {
  /** The id of the task. */
  readonly id: string;
  /** The loop of the query, from 1. */
  readonly loop: number;
  /** The stage of the loop, from 0. */
  readonly stage: number;
  /** Who answered. */
  readonly agent: string;
  /** What it answered. */
  readonly value: unknown;
}

/** What a few tasks of a batch have beside the columns. */
export interface TaskExtra {
  /** Its position in the batch, from 0. */
  readonly at: number;
  /** How long this try may take, where the task says so itself; null: as its agent says. */
  readonly timeoutMs: number | null;
  /** What earlier tries recorded by `context.once`. */
  readonly recorded: readonly (readonly [key: string, outcome: Encoded])[];
}

/**
 * A batch of tasks in columns: position `i` of each array is the same task. Payloads stay the text that the
 * submitter encoded; only the worker parses it.
 */
export interface TaskBatch {
  readonly type: 'batch';
  /** Its number on this worker. */
  readonly batch: number;
  /** The tasks. */
  readonly ids: readonly string[];
  /** Whose they are. */
  readonly agents: readonly string[];
  /** Which try it is, from 1. */
  readonly attempts: readonly number[];
  /** What they are given. */
  readonly payloads: readonly Encoded[];
  /** Only for tasks that have any: most batches have none. */
  readonly extras: readonly TaskExtra[];
}

/**
 * A chunk: tasks of one agent that were submitted together and travel as one message. Position `i` is the task with
 * the id `producer:firstSeq + i`, and is tried for the first time.
 */
export interface ChunkFrame {
  readonly type: 'chunk';
  /** Its number on this worker, in one row with those of batches. */
  readonly batch: number;
  /** Whose they are. */
  readonly agent: string;
  /** The session that submitted them. */
  readonly producer: string;
  /** The sequence number of the first. */
  readonly firstSeq: number;
  /** How many there are. */
  readonly count: number;
  /** Positions that are not to be run, nor settled: they have ended before, or nobody waits for them. Increasing. */
  readonly skip: readonly number[];
  /** What they are given, in columns (`encodeColumns`). */
  readonly payloads: Encoded;
  /** Only for tasks that have any. */
  readonly extras: readonly TaskExtra[];
}

/** Where a task stands on its worker. */
export interface TaskPlace {
  /** The number of its batch. */
  readonly batch: number;
  /** Its position in that batch, from 0. */
  readonly at: number;
}

/** Where tasks of one batch stand on their worker. */
export interface TaskPlaces {
  /** The number of their batch. */
  readonly batch: number;
  /** Their positions in it, from 0. */
  readonly at: readonly number[];
}

/** What the coordinator's side says to a worker. */
export type HostFrame =
  | TaskBatch
  | ChunkFrame
  /** Appends to the worker's copy of the shared state, emptied before if `reset`: it then holds all before this stage. */
  | {
      readonly type: 'state';
      /** Whether the copy is emptied before. */
      readonly reset: boolean;
      /** A list of `SharedResult`. */
      readonly results: Encoded;
    }
  /** Aborts the tasks at these positions of a batch. */
  | ({
      readonly type: 'cancel';
      /** Why nobody wants them any more. */
      readonly reason: string;
    } & TaskPlaces)
  /** Gives back those of these tasks that have not begun; answered by `returned`, also when there are none. */
  | ({ readonly type: 'recall' } & TaskPlaces)
  /** What `context.once` had recorded under this key is safe. */
  | ({
      readonly type: 'recorded';
      /** The key that the handler gave. */
      readonly key: string;
    } & TaskPlace)
  /** Finish what was sent, take no more, then leave. */
  | { readonly type: 'drain' }
  /** Abort what runs, then leave. */
  | { readonly type: 'stop' };

/**
 * Tasks of one batch that have ended: those that answered in columns (`at[i]` answered `values[i]`), those that
 * failed one by one. A batch may settle in several frames, in any order.
 */
export interface SettledFrame {
  readonly type: 'settled';
  /** The number of their batch. */
  readonly batch: number;
  /** Where those that answered stand in it, from 0. */
  readonly at: readonly number[];
  /** What they answered. */
  readonly values: readonly Encoded[];
  /** Those that failed, and why. */
  readonly failures: readonly { readonly at: number; readonly error: ErrorData }[];
  /** What those that answered claim. */
  readonly claims: readonly { readonly at: number; readonly claims: readonly ClaimDraft[] }[];
  /** What the worker took for a task of this report, in milliseconds; undefined: it did not say. */
  readonly serviceMs?: number | undefined;
  /** How many more tasks the worker will take. */
  readonly credit: number;
}

/** Some positions from one on. */
export type Span = readonly [from: number, count: number];

/** Tasks of a chunk that have ended. A chunk may settle in several frames, in any order. */
export interface ChunkSettledFrame {
  readonly type: 'chunkSettled';
  /** The number of the chunk. */
  readonly batch: number;
  /** Where those that answered stand in it, increasing. */
  readonly spans: readonly Span[];
  /** What they answered, in that order, in columns (`encodeColumns`). */
  readonly values: Encoded;
  /** Those that failed, and why. */
  readonly failures: SettledFrame['failures'];
  /** What those that answered claim. */
  readonly claims: SettledFrame['claims'];
  /** What the worker took for a task of this report, in milliseconds; undefined: it did not say. */
  readonly serviceMs?: number | undefined;
  /** How many more tasks the worker will take. */
  readonly credit: number;
}

/** These tasks were recalled before they had begun: they will not be run here, nor settled. */
export interface ReturnedFrame {
  readonly type: 'returned';
  /** The number of their batch. */
  readonly batch: number;
  /** Where they stand in it, from 0. */
  readonly at: readonly number[];
  /** How many more tasks the worker will take. */
  readonly credit: number;
}

/** The outcome of an effect, to be kept for later tries of this task. */
export interface RecordFrame {
  readonly type: 'record';
  /** The number of its batch. */
  readonly batch: number;
  /** Its position in it, from 0. */
  readonly at: number;
  /** The key that the handler gave. */
  readonly key: string;
  /** What the effect answered. */
  readonly outcome: Encoded;
}

/** What a worker says. */
export type WorkerFrame =
  | {
      readonly type: 'ready';
      /** How many tasks it will take. */
      readonly credit: number;
    }
  | SettledFrame
  | ChunkSettledFrame
  /** A task with a time limit begins: from here on its time is counted. */
  | ({ readonly type: 'began' } & TaskPlace)
  | ReturnedFrame
  | RecordFrame
  | ({
      readonly type: 'progress';
      /** How far it says it is, from 0 to 1. */
      readonly fraction: number;
    } & TaskPlace)
  /** Could not load its agents. */
  | {
      readonly type: 'failed';
      /** What loading them threw. */
      readonly error: ErrorData;
    };
