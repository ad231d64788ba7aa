import { Worker } from 'node:worker_threads';

/**
 * Kills this process with SIGKILL within a quarter of a second of its parent's death, also while user code
 * keeps the main thread busy: a thread of its own sees the parent's pid change.
 */
export function watchParent(parentPid: number): void {
  const watchdog = new Worker(new URL('./watchdog.js', import.meta.url), {
    workerData: parentPid,
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  });
  watchdog.unref();
}
