import type { HostFrame, WorkerFrame } from '../core/frame.js';

/** Where a worker runs. */
export type Isolation = 'inline' | 'thread' | 'process' | 'ray';

/** What a worker needs to start; plain, as it crosses into threads and processes. */
export interface WorkerSpec {
  /** Its name, the same for all its lives. */
  readonly id: string;
  /** Whose worker it is. */
  readonly coalition: string;
  /** The compiled module that exports the agents; undefined when the agents are plain objects (`inline` alone). */
  readonly agents: string | undefined;
  /** Tasks it may hold unsettled. */
  readonly credit: number;
  /** Tasks it runs at once. */
  readonly concurrency: number;
  /** Bytes of one encoded result before it is refused as `MessageTooLarge`. */
  readonly payloadBytesMax: number;
  /** Keys that `context.once` may record a task. */
  readonly onceKeysMax: number;
  /** The leadership under which it starts. */
  readonly epoch: number;
}

/** How a worker ended. */
export interface WorkerExit {
  /** Anything but the answer to the order to leave. */
  readonly crashed: boolean;
  /** An exit code, a signal, or what it threw. */
  readonly reason: string;
  /** The error for which its link has ended it; undefined when it ended by itself, or was killed. */
  readonly cause?: Error;
}

/** What the pool hears from one worker, in order. */
export interface WorkerListener {
  /** It said this. */
  onFrame(frame: WorkerFrame): void;
}

/** One running worker, seen from the coordinator's side. */
export interface WorkerLink {
  /** Its process; undefined for a thread. */
  readonly pid: number | undefined;
  /** How long a word there and back takes, where that is longer than in a pipe. */
  readonly tripMs?: number | undefined;
  /** In order; what cannot arrive because the worker is gone shows as its exit. */
  send(frame: HostFrame): void;
  /** Resolves when the worker and all it held are gone; never rejects. */
  readonly exited: Promise<WorkerExit>;
  /** Ends it at once, whatever its code is doing. */
  kill(): void;
}

/** Starts workers of one isolation: the small difference between running beside us, in a thread, in a process. */
export interface Executor {
  /** Where it runs them. */
  readonly isolation: Isolation;
  /** Gets what its workers share, where they share anything: what is missing or unreachable is told before the first. */
  open?(): Promise<void>;
  /** Resolves once the worker runs, before it has loaded its agents (it says `ready` then). */
  start(spec: WorkerSpec, listener: WorkerListener): Promise<WorkerLink>;
  /** Ends what its workers share, and with it any that still lives. Resolves when nothing is left. */
  close?(): Promise<void>;
}
