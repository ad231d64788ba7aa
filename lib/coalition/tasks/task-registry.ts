import type { Clock } from '../../core/clock.js';
import type { Limits } from '../../core/limits.js';
import { ChunkTasks } from '../chunks/chunk-tasks.js';
import type { KeptTask } from './kept-task.js';
import type { SubmittedTask } from './submitted-task.js';

/** A task as it is found by its id: one of this process's, or one that only the broker knows. */
export type FoundTask = SubmittedTask | KeptTask;

/** A task that has ended, or a chunk of tasks of which some have, for as long as the results are kept. */
interface Kept {
  readonly task: SubmittedTask | ChunkTasks;
  readonly count: number;
  readonly endedAtMs: number;
  readonly bytes: number;
}

/** A task under its caller's own id, while it is submitted, pending or kept. */
interface Own {
  readonly task: Promise<FoundTask>;
  readonly submittedAtMs: number;
  known: FoundTask | undefined;
}

/** The bounds of a registry. */
export type RegistryLimits = Pick<Limits, 'dedupeWindowMs' | 'resultTtlMs' | 'resultsMax' | 'resultBytesMax'>;

/**
 * Tasks by id: those with an id of their caller's own, pending or ended, and every ended one for `resultTtlMs`, at
 * most `resultsMax` of them and `resultBytesMax` of what they ended with, the oldest out first. Pending ones with a
 * produced id are the task table's. What is too old goes when somebody looks: there is no timer.
 */
export class TaskRegistry {
  readonly #clock: Clock;
  readonly #limits: RegistryLimits;
  readonly #own = new Map<string, Own>();
  /** The first to end first. */
  readonly #kept = new Map<string, Kept>();
  #keptBytes = 0;
  #keptCount = 0;
  /** The largest chunk so far. */
  #chunkMax = 0;

  constructor(clock: Clock, limits: RegistryLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * The task of that id: the one that is known if it is pending, or if it was submitted within the dedupe window and
   * is still kept, otherwise a new one. A submit that fails is forgotten.
   */
  once(id: string, submit: () => Promise<FoundTask>): Promise<FoundTask> {
    const nowMs = this.#dropOld();
    const known = this.#own.get(id);
    if (known !== undefined && this.#isSame(known, nowMs)) return known.task;
    const own: Own = { task: submit(), submittedAtMs: nowMs, known: undefined };
    this.#own.set(id, own);
    own.task.then(
      (task) => {
        own.known = task;
        const isGone = !task.isPending && this.#kept.get(id)?.task !== task;
        if (isGone) this.#forget(id, own); // it ended, and went again, before its submit was through; or is another's
      },
      () => this.#forget(id, own),
    );
    return own.task;
  }

  /** The task of that id, if it ended lately, or is pending under its caller's own id. */
  find(id: string): FoundTask | undefined {
    this.#dropOld();
    const known = this.#own.get(id)?.known;
    if (known !== undefined) return known;
    const kept = this.#kept.get(id)?.task;
    return kept === undefined || kept instanceof ChunkTasks ? this.#findInChunk(id) : kept;
  }

  /** Keeps a task that has just ended. */
  keep(task: SubmittedTask): void {
    this.#keep(task.id, task, 1, task.endingBytes);
  }

  /** Keeps a chunk of which a task has just ended. */
  keepChunk(chunk: ChunkTasks): void {
    const { tasks } = chunk;
    this.#chunkMax = Math.max(this.#chunkMax, tasks.length);
    this.#keep(chunk.idOf(chunk.firstSeq), chunk, tasks.length, chunk.endingBytes);
  }

  #keep(id: string, task: SubmittedTask | ChunkTasks, count: number, bytes: number): void {
    const kept = { task, count, endedAtMs: this.#clock.nowMs(), bytes };
    const before = this.#kept.get(id);
    if (before !== undefined) this.#drop(id, before);
    this.#kept.set(id, kept);
    this.#keptBytes += bytes;
    this.#keptCount += count;
    this.#dropOld();
  }

  /** A chunk is kept under the id of its first task. */
  #findInChunk(id: string): SubmittedTask | undefined {
    const mark = id.lastIndexOf(':');
    const seq = Number(id.slice(mark + 1));
    if (mark === -1 || !Number.isSafeInteger(seq)) return undefined;
    for (let first = seq; first > 0 && seq - first < this.#chunkMax; first -= 1) {
      const chunk = this.#kept.get(`${id.slice(0, mark)}:${first}`)?.task;
      if (chunk instanceof ChunkTasks) return chunk.withId(id);
    }
    return undefined;
  }

  #isSame({ known, submittedAtMs }: Own, nowMs: number): boolean {
    const isRecent = nowMs - submittedAtMs <= this.#limits.dedupeWindowMs;
    return isRecent || known === undefined || known.isPending;
  }

  #forget(id: string, own: Own): void {
    if (this.#own.get(id) === own) this.#own.delete(id);
  }

  #dropOld(): number {
    const { resultTtlMs, resultsMax, resultBytesMax } = this.#limits;
    const nowMs = this.#clock.nowMs();
    for (const [id, kept] of this.#kept) {
      const isYoung = nowMs - kept.endedAtMs < resultTtlMs;
      if (isYoung && this.#keptCount <= resultsMax && this.#keptBytes <= resultBytesMax) break;
      this.#drop(id, kept);
    }
    return nowMs;
  }

  #drop(id: string, kept: Kept): void {
    this.#kept.delete(id);
    this.#keptBytes -= kept.bytes;
    this.#keptCount -= kept.count;
    const own = this.#own.get(id);
    if (own !== undefined && own.known === kept.task) this.#own.delete(id);
  }
}
