import { Worker } from 'node:worker_threads';

/** A pipe on which somebody says now and then that the worker is still wanted. */
export interface Pulse {
  /** Its file descriptor, which must not block. */
  readonly fd: number;
  /** How long it may be silent. */
  readonly silenceMs: number;
}

/** What the watchdog is told. */
export interface Watched {
  readonly parentPid: number;
  readonly pulse?: Pulse;
}

/**
 * Kills this process with SIGKILL within a quarter of a second of its parent's death or its pulse's end, and when the
 * pulse is silent for too long, also while user code keeps the main thread busy: a thread of its own sees to it.
 */
export function watchParent(parentPid: number, pulse?: Pulse): void {
  const watched: Watched = { parentPid, ...(pulse !== undefined && { pulse }) };
  const watchdog = new Worker(new URL('./watchdog.js', import.meta.url), {
    workerData: watched,
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  });
  watchdog.unref();
}
