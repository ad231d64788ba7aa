import { copyOf, wholeNumber, wrong } from './parse.js';

/**
 * Every bound of the runtime, in one table. Each is an option of what it bounds; meeting one is answered by a
 * typed error that names it.
 */
export interface Limits {
  /** Messages a queue holds, delayed and in flight included, before `QueueFull` (default 1,000,000). */
  readonly queueDepthMax: number;
  /** Payload bytes a queue holds before `QueueFull` (default 1,073,741,824 = 1 GiB). */
  readonly queueBytesMax: number;
  /** Bytes of one encoded payload before `MessageTooLarge` (default 1,048,576 = 1 MiB). */
  readonly payloadBytesMax: number;
  /** Events an actor's mailbox holds before `send` answers false (default 10,000). */
  readonly mailboxCapacity: number;
  /** Tasks a worker may hold unsettled: its prefetch credit (default 2,048). */
  readonly creditPerWorker: number;
  /** How long a caller's own id is remembered (default 600,000 = 10 min). */
  readonly dedupeWindowMs: number;
  /** How many of a caller's own ids are remembered (default 1,000,000). */
  readonly dedupeIdsMax: number;
  /** Producers of a queue whose high-water mark is kept; the one silent for longest goes first (default 1,000). */
  readonly producersMax: number;
  /** Messages of a producer refused as full that may still come again under the same identity (default 10,000). */
  readonly refusalsMax: number;
  /** Failures and crashes of a task before it is a dead letter (default 5). */
  readonly attempts: number;
  /** Different keys that `context.once` may record a task (default 1,000). */
  readonly onceKeysMax: number;
  /** Bytes of outcomes that `context.once` has recorded, over all tasks under way; the oldest go first (default 67,108,864 = 64 MiB). */
  readonly onceBytesMax: number;
  /** How long a handler may go on after its signal aborted, before its worker is ended (default 5,000 = 5 s). */
  readonly abortGraceMs: number;
  /** Tasks held back by their agent's `limit` or `concurrency` before the rest goes back to the broker for a while (default 10,000). */
  readonly gatedTasksMax: number;
  /** How long the result of a submitted task is kept for `coalition.task(id)` (default 3,600,000 = 1 h). */
  readonly resultTtlMs: number;
  /** How many results are kept; the oldest go first (default 100,000). */
  readonly resultsMax: number;
  /** Bytes of results that are kept; the oldest go first (default 67,108,864 = 64 MiB). */
  readonly resultBytesMax: number;
  /** How long a delivery may go without renewal before it is given out again (default 30,000 = 30 s). */
  readonly leaseMs: number;
  /** How long `shutdown` drains before it aborts (default 10,000 = 10 s). */
  readonly shutdownGraceMs: number;
  /** How long an empty receive waits: the bound on noticing failure (default 100). */
  readonly receiveWaitMs: number;
  /** Dead letters a queue keeps; the oldest go first (default 10,000). */
  readonly deadLettersMax: number;
  /** Bytes of a file broker's ledger that are left alone however few of them are needed (default 1,048,576 = 1 MiB). */
  readonly ledgerSpareBytes: number;
  /** Results the shared state holds before `StateFull` (default 100,000). */
  readonly stateResultsMax: number;
  /** How long a worker may take from start to ready (default 10,000 = 10 s). */
  readonly workerStartMs: number;
  /** Lives of a worker that may end in a row before it was ready; then the pool gives up (default 5). */
  readonly workerStarts: number;
  /** Worker restarts allowed within `restartPeriodMs` before the pool gives up (default 100). */
  readonly workerRestarts: number;
  /** The window over which restarts are counted (default 5,000 = 5 s). */
  readonly restartPeriodMs: number;
}

/** The bounds in force where an option says nothing else. */
export const defaultLimits: Limits = {
  queueDepthMax: 1_000_000,
  queueBytesMax: 2 ** 30,
  payloadBytesMax: 2 ** 20,
  mailboxCapacity: 10_000,
  creditPerWorker: 2_048,
  dedupeWindowMs: 600_000,
  dedupeIdsMax: 1_000_000,
  producersMax: 1_000,
  refusalsMax: 10_000,
  attempts: 5,
  onceKeysMax: 1_000,
  onceBytesMax: 64 * 2 ** 20,
  abortGraceMs: 5_000,
  gatedTasksMax: 10_000,
  resultTtlMs: 3_600_000,
  resultsMax: 100_000,
  resultBytesMax: 64 * 2 ** 20,
  leaseMs: 30_000,
  shutdownGraceMs: 10_000,
  receiveWaitMs: 100,
  deadLettersMax: 10_000,
  ledgerSpareBytes: 2 ** 20,
  stateResultsMax: 100_000,
  workerStartMs: 10_000,
  workerStarts: 5,
  workerRestarts: 100,
  restartPeriodMs: 5_000,
};

/** The bounds given, those of `defaultLimits` for the others. @throws `InvalidOption` naming the limit. */
export function parseLimits(limits: Partial<Limits> = {}): Limits {
  const given = copyOf(limits, 'limits');
  if (Array.isArray(limits)) throw wrong('limits', 'an object', limits);
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaultLimits, name))
      throw wrong(`limits.${name}`, `one of ${Object.keys(defaultLimits).join(', ')}`, value);
    wholeNumber(`limits.${name}`, value, 1, Number.MAX_SAFE_INTEGER);
  }
  return { ...defaultLimits, ...given };
}
