import type { HostFrame, WorkerFrame } from '../core/frame.js';

/** Where a worker runs. */
export type Isolation = 'inline' | 'thread' | 'process' | 'ray';

/** What a worker needs to start; plain, as it crosses into threads and processes. */
export interface WorkerSpec {
  readonly id: string;
  readonly coalition: string;
  /** The compiled module that exports the agents; undefined when the agents are plain objects (`inline` alone). */
  readonly agents: string | undefined;
  readonly credit: number;
  readonly concurrency: number;
  /** Bytes of one encoded result before it is refused as `MessageTooLarge`. */
  readonly payloadBytesMax: number;
  /** Keys that `context.once` may record a task. */
  readonly onceKeysMax: number;
  readonly epoch: number;
}

/** How a worker ended. `crashed` is anything but the answer to `stop`. */
export interface WorkerExit {
  readonly crashed: boolean;
  readonly reason: string;
}

/** What the pool hears from one worker, in order. */
export interface WorkerListener {
  onFrame(frame: WorkerFrame): void;
}

/** One running worker, seen from the coordinator's side. */
export interface WorkerLink {
  readonly pid: number | undefined;
  /** In order; what cannot arrive because the worker is gone shows as its exit. */
  send(frame: HostFrame): void;
  /** Resolves when the worker and all it held are gone; never rejects. */
  readonly exited: Promise<WorkerExit>;
  /** Ends it at once, whatever its code is doing. */
  kill(): void;
}

/** Starts workers of one isolation: the small difference between running beside us, in a thread, in a process. */
export interface Executor {
  readonly isolation: Isolation;
  /** Resolves once the worker runs, before it has loaded its agents (it says `ready` then). */
  start(spec: WorkerSpec, listener: WorkerListener): Promise<WorkerLink>;
}
