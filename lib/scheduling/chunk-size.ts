/** Work that a chunk may be: as much as may be lost with its worker, or stand in the way of something else. */
const WORK_A_CHUNK_MS = 10;
/** Fewer tasks than this are not worth what a chunk costs when one of them fails. */
const TASKS_MIN = 8;

/** How tasks of one agent are taken together. */
export interface ChunkRequest {
  /** What a worker takes for one task, as measured; undefined: nobody knows yet. */
  readonly serviceMs: number | undefined;
  /** Tasks a worker may hold: its prefetch credit. */
  readonly credit: number;
  /** Workers that share the tasks. */
  readonly workers: number;
  /** Tasks that may be under way at once. */
  readonly concurrency: number;
  /** Tasks there are to take. */
  readonly waiting: number;
}

/**
 * How many tasks one message should carry: about 10 ms of work as measured, at most half of what a worker may hold, and
 * so few that each worker has its part. 1 where chunks do not pay: tasks are long, few may be
 * under way, or nothing was measured yet.
 */
export function chunkSize({ serviceMs, credit, workers, concurrency, waiting }: ChunkRequest): number {
  if (serviceMs === undefined) return 1;
  const share = Math.min(concurrency / 2, waiting) / Math.max(1, workers);
  const size = Math.floor(Math.min(WORK_A_CHUNK_MS / serviceMs, credit / 2, share));
  return size < TASKS_MIN ? 1 : size;
}
