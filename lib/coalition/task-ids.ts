import type { Clock } from '../core/clock.js';
import type { Limits } from '../core/limits.js';
import type { Task } from './task.js';

interface Known {
  readonly task: Promise<Task>;
  readonly atMs: number;
}

/** Tasks by their caller's own id, for as long and as many as the dedupe window says. */
export class TaskIds {
  readonly #clock: Clock;
  readonly #limits: Pick<Limits, 'dedupeWindowMs' | 'dedupeIdsMax'>;
  /** The oldest first. */
  readonly #known = new Map<string, Known>();

  constructor(clock: Clock, limits: Pick<Limits, 'dedupeWindowMs' | 'dedupeIdsMax'>) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** The task of that id, submitted once however often it is asked for; a submit that fails is forgotten. */
  once(id: string, submit: () => Promise<Task>): Promise<Task> {
    this.#forgetOld();
    const known = this.#known.get(id);
    if (known !== undefined) return known.task;
    const task = submit();
    this.#known.set(id, { task, atMs: this.#clock.nowMs() });
    task.catch(() => this.#known.delete(id));
    return task;
  }

  #forgetOld(): void {
    const { dedupeWindowMs, dedupeIdsMax } = this.#limits;
    const sinceMs = this.#clock.nowMs() - dedupeWindowMs;
    for (const [id, { atMs }] of this.#known) {
      if (atMs >= sinceMs && this.#known.size < dedupeIdsMax) break;
      this.#known.delete(id);
    }
  }
}
