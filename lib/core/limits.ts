import { copyOf, wholeNumber, wrong } from './parse.js';

/**
 * Every bound of the runtime, in one table. Each is an option of what it bounds; meeting one is answered by a
 * typed error that names it.
 */
export interface Limits {
  /** Messages a queue holds, delayed and in flight included, before `QueueFull`. */
  readonly queueDepthMax: number;
  /** Payload bytes a queue holds before `QueueFull`. */
  readonly queueBytesMax: number;
  /** Bytes of one encoded payload before `MessageTooLarge`. */
  readonly payloadBytesMax: number;
  /** Events an actor's mailbox holds before `send` answers false. */
  readonly mailboxCapacity: number;
  /** Tasks a worker may hold unsettled: its prefetch credit. */
  readonly creditPerWorker: number;
  /** How long a caller's own id is remembered. */
  readonly dedupeWindowMs: number;
  /** How many of a caller's own ids are remembered. */
  readonly dedupeIdsMax: number;
  /** Producers of a queue whose high-water mark is kept; the one silent for longest goes first. */
  readonly producersMax: number;
  /** Messages of a producer refused as full that may still come again under the same identity. */
  readonly refusalsMax: number;
  /** Failures and crashes of a task before it is a dead letter. */
  readonly attempts: number;
  /** Different keys that `context.once` may record a task. */
  readonly onceKeysMax: number;
  /** Bytes of outcomes that `context.once` has recorded, over all tasks under way; the oldest go first. */
  readonly onceBytesMax: number;
  /** How long a handler may go on after its signal aborted, before its worker is ended. */
  readonly abortGraceMs: number;
  /** Tasks held back by their agent's `limit` or `concurrency` before the rest goes back to the broker for a while. */
  readonly gatedTasksMax: number;
  /** How long the result of a submitted task is kept for `coalition.task(id)`. */
  readonly resultTtlMs: number;
  /** How many results are kept; the oldest go first. */
  readonly resultsMax: number;
  /** Bytes of results that are kept; the oldest go first. */
  readonly resultBytesMax: number;
  /** How long a delivery may go without renewal before it is given out again. */
  readonly leaseMs: number;
  /** How long `shutdown` drains before it aborts. */
  readonly shutdownGraceMs: number;
  /** How long an empty receive waits: the bound on noticing failure. */
  readonly receiveWaitMs: number;
  /** Dead letters a queue keeps; the oldest go first. */
  readonly deadLettersMax: number;
  /** Results the shared state holds before `StateFull`. */
  readonly stateResultsMax: number;
  /** How long a worker may take from start to ready. */
  readonly workerStartMs: number;
  /** Lives of a worker that may end in a row before it was ready; then the pool gives up. */
  readonly workerStarts: number;
  /** Worker restarts allowed within `restartPeriodMs` before the pool gives up. */
  readonly workerRestarts: number;
  /** The window over which restarts are counted. */
  readonly restartPeriodMs: number;
}

/** The bounds in force where an option says nothing else. */
export const defaultLimits: Limits = {
  queueDepthMax: 1_000_000,
  queueBytesMax: 2 ** 30,
  payloadBytesMax: 2 ** 20,
  mailboxCapacity: 10_000,
  creditPerWorker: 256,
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
