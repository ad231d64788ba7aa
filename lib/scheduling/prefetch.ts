/** Work that a worker should have at hand: enough to bridge a round trip of a pipe, little enough to be lost or waited for. */
const WORK_AT_HAND_MS = 20;
/** Tasks for each one run at once, before anything was measured, and at the least. */
const FIRST_TASKS = 2;
const LEAST_TASKS = 2;
/** So many when one task is as long as all the work at hand should be: what is sent ahead could only wait. */
const LEAST_LONG_TASKS = 1;
/** Weight of a measurement that is shorter than what was thought, and of one that is longer. */
const FASTER = 0.8;
const SLOWER = 0.3;

/**
 * How many tasks a worker may hold: about 20 ms of work as measured (two batches of 10 ms), at least two for
 * each task it runs at once, one if tasks take 20 ms or more, at most its credit. `tripMs` is what a word there and
 * back takes where it is longer than in a pipe: without it the window would stay as small as it makes itself look right.
 */
export function prefetchWindow(request: {
  readonly serviceMs: number | undefined;
  readonly concurrency: number;
  readonly credit: number;
  readonly tripMs?: number | undefined;
}): number {
  const { serviceMs, concurrency, credit, tripMs = 0 } = request;
  if (serviceMs === undefined) return Math.min(credit, FIRST_TASKS * concurrency);
  const wanted = serviceMs > 0 ? Math.ceil((WORK_AT_HAND_MS + tripMs) / serviceMs) : credit;
  const least = serviceMs < WORK_AT_HAND_MS ? LEAST_TASKS : LEAST_LONG_TASKS;
  return Math.min(credit, Math.max(least * concurrency, wanted));
}

/**
 * The mean time a worker takes a task, updated by `count` tasks that took `elapsedMs` together. It falls faster
 * than it rises: thinking tasks long costs round trips, thinking them short only a little patience. A report of fewer
 * tasks than `usual` says less: one that is tried again by itself must not make hundreds look long.
 */
export function updateServiceMs(
  serviceMs: number | undefined,
  elapsedMs: number,
  count: number,
  usual: number = count,
): number {
  const measured = elapsedMs / count;
  if (serviceMs === undefined) return measured;
  const slower = SLOWER * Math.min(1, count / usual);
  return serviceMs + (measured < serviceMs ? FASTER : slower) * (measured - serviceMs);
}

/** Weight of the reports before the last in how many tasks a report usually tells of. */
const USUAL = 0.7;

/** How many tasks a report usually tells of, after one that told of `count`. */
export function updateUsual(usual: number, count: number): number {
  return USUAL * usual + (1 - USUAL) * count;
}
