import { optionalWhole, optionsOf } from '../core/parse.js';
import type { SchedulingPolicy, TaskView } from './contract.js';

/** How priorities are kept. */
export interface PriorityOptions {
  /** 1 to 31,536,000,000 (a year): waiting this long counts as one step of priority; left out, waiting does not count. */
  readonly ageingMs?: number;
}

/* A year: with it a rank stays below 2^53, where it is exact. */
const AGEING_MS_MAX = 365 * 24 * 3_600_000;

/**
 * One line for all, the larger priority first, FIFO among equals; whoever has room takes its head, so no worker is
 * idle while a task waits. Without ageing, a task may wait for ever behind ones of larger priority.
 *
 * With `ageingMs` a, a task of priority p goes as if it were submitted a·p earlier. All tasks age alike, so the order
 * of two of them never changes, and nothing need be sorted again. The law: it waits for no task that was submitted
 * more than (9 - p)·a after it; so none waits for ever.
 * @throws `InvalidOption` for an `ageingMs` out of range.
 */
export function priority(options: PriorityOptions = {}): SchedulingPolicy<undefined> {
  const given = optionsOf(options, 'the options of priority', ['ageingMs']);
  const ageingMs = optionalWhole('ageingMs', given.ageingMs, 1, AGEING_MS_MAX);
  return {
    name: 'priority',
    initial: undefined,
    place: (state, tasks) => ({ state, workers: tasks.map(() => undefined) }),
    rank: ageingMs === undefined ? (task) => task.priority : (task) => agedRank(task, ageingMs),
    ageingMs,
  };
}

/** `priority - enqueuedAtMs / ageingMs`, times `ageingMs`: in whole milliseconds it is exact. */
function agedRank(task: TaskView, ageingMs: number): number {
  return task.priority * ageingMs - task.enqueuedAtMs;
}
