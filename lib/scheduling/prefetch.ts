/** Work that a worker should have at hand: enough to bridge a round trip, little enough to be lost or waited for. */
const WORK_AT_HAND_MS = 20;
/** Weight of the newest measurement. */
const SMOOTHING = 0.3;

/**
 * How many tasks a worker may hold: about 20 ms of work as measured (two batches of 10 ms), at least two for
 * each task it runs at once, at most its credit. Before anything was measured, the least.
 */
export function prefetchWindow(request: {
  readonly serviceMs: number | undefined;
  readonly concurrency: number;
  readonly credit: number;
}): number {
  const least = Math.min(request.credit, 2 * request.concurrency);
  if (request.serviceMs === undefined) return least;
  const wanted = Math.ceil(WORK_AT_HAND_MS / Math.max(request.serviceMs, WORK_AT_HAND_MS / request.credit));
  return Math.max(least, Math.min(request.credit, wanted));
}

/** The mean time a worker takes a task, updated by `count` tasks that took `elapsedMs` together. */
export function updateServiceMs(serviceMs: number | undefined, elapsedMs: number, count: number): number {
  const measured = elapsedMs / count;
  return serviceMs === undefined ? measured : serviceMs + SMOOTHING * (measured - serviceMs);
}
