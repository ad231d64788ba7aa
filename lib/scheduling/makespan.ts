/**
 * The least time in milliseconds in which `workers` alike can run tasks of these durations, one at a time each and
 * none interrupted: none is done before the longest task is, nor before an equal share of all. Often no schedule
 * reaches it, none beats it; 0 without tasks.
 *
 * Source: Graham, "Bounds on Multiprocessing Timing Anomalies", SIAM J. Appl. Math. 17(2), 1969, which also shows
 * that a schedule that leaves no worker idle while a task waits takes at most sum/P + (1 - 1/P)·longest.
 */
export function leastMakespanMs(durationsMs: readonly number[], workers: number): number {
  let sumMs = 0;
  let longestMs = 0;
  for (const durationMs of durationsMs) {
    sumMs += durationMs;
    longestMs = Math.max(longestMs, durationMs);
  }
  return Math.max(sumMs / workers, longestMs);
}
