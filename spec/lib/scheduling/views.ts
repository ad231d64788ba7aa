import type { TaskView, WorkerView } from '../../../lib/scheduling/contract.js';

/** So many tasks, alike but for what is given. */
export function taskViews(count: number, given: Partial<TaskView> = {}): TaskView[] {
  const task = { agent: 'a', priority: 4, orderingKey: undefined, enqueuedAtMs: 0, ...given };
  return Array.from({ length: count }, () => task);
}

/** A worker that is idle and empty but for what is given. */
export function workerView(id: string, given: Partial<WorkerView> = {}): WorkerView {
  return { id, held: 0, stealable: 0, window: 8, credit: 256, ...given };
}
