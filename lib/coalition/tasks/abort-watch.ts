import { onAbort } from '../../core/abort.js';
import type { SubmittedTask } from './submitted-task.js';

interface Watched {
  readonly tasks: Set<SubmittedTask>;
  readonly forget: () => void;
}

/**
 * Tasks that a signal cancels, all in one call, however many there are. A task that has ended is watched no longer, so
 * that a signal that lives for years keeps none.
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
    const forget = onAbort(signal, () => this.#cancel([...tasks], signal.reason));
    const watched = { tasks, forget };
    this.#watched.set(signal, watched);
    return watched;
  }

  #drop(signal: AbortSignal, { tasks, forget }: Watched, task: SubmittedTask): void {
    tasks.delete(task);
    if (tasks.size > 0) return;
    forget();
    this.#watched.delete(signal);
  }
}
