import type { SubmittedTask } from './submitted-task.js';

interface Watched {
  readonly tasks: Set<SubmittedTask>;
  readonly abort: () => void;
}

/**
 * Tasks that a signal cancels: one listener a signal, however many tasks it has, and none once they have ended, so
 * that a signal that lives for years keeps no task.
 */
export class AbortWatch {
  readonly #watched = new Map<AbortSignal, Watched>();
  readonly #cancel: (tasks: readonly SubmittedTask[], reason: unknown) => void;

  constructor(cancel: (tasks: readonly SubmittedTask[], reason: unknown) => void) {
    this.#cancel = cancel;
  }

  /** Cancels the task when the signal aborts, which it has not yet. */
  add(signal: AbortSignal, task: SubmittedTask): void {
    if (!task.isPending) return;
    const watched = this.#watched.get(signal) ?? this.#watch(signal);
    watched.tasks.add(task);
    task.onEnd(() => this.#drop(signal, watched, task));
  }

  #watch(signal: AbortSignal): Watched {
    const tasks = new Set<SubmittedTask>();
    const abort = () => this.#cancel([...tasks], signal.reason);
    const watched = { tasks, abort };
    this.#watched.set(signal, watched);
    signal.addEventListener('abort', abort, { once: true });
    return watched;
  }

  #drop(signal: AbortSignal, { tasks, abort }: Watched, task: SubmittedTask): void {
    tasks.delete(task);
    if (tasks.size > 0) return;
    signal.removeEventListener('abort', abort);
    this.#watched.delete(signal);
  }
}
