import type { Clock } from '../../core/clock.js';
import type { Span } from '../../core/frame.js';
import type { Envelope } from '../../core/message.js';
import type { Encoded } from '../../core/value.js';
import { SubmittedTask, type TaskDesk } from '../tasks/submitted-task.js';
import type { TaskOwner } from '../tasks/task.js';
import type { AnswerColumn } from './answer-column.js';
import { tasksIn } from './chunk.js';

/** Who keeps chunks of tasks that have ended. */
export interface ChunkTaskDesk extends TaskDesk {
  /** Some of its tasks have ended. */
  chunkEnded(tasks: ChunkTasks): void;
}

/** The tasks of a chunk, as their submitter holds them: one owner for all, and one entry among what is kept. */
export class ChunkTasks implements TaskOwner, TaskDesk {
  readonly firstSeq: number;
  readonly tasks: readonly SubmittedTask[];
  readonly #desk: ChunkTaskDesk;
  /** Those that go on as messages of their own. */
  readonly #moved = new Map<number, SubmittedTask>();
  #bytes = 0;
  /** Several end together, and are told of once. */
  #areEnding = false;

  constructor(envelope: Envelope, desk: ChunkTaskDesk) {
    const { seq, agent } = envelope;
    this.firstSeq = seq;
    this.#desk = desk;
    this.tasks = Array.from(
      { length: tasksIn(envelope) },
      (_, at) => new SubmittedTask(seq + at, undefined, agent, this),
    );
  }

  /** The task of that sequence number, its first one or the one under which it goes on. */
  taskOf(seq: number): SubmittedTask | undefined {
    return this.#moved.get(seq) ?? this.tasks[seq - this.firstSeq];
  }

  /** The task of that id, which is that of its first sequence number. */
  withId(id: string): SubmittedTask | undefined {
    return this.tasks[Number(id.slice(id.lastIndexOf(':') + 1)) - this.firstSeq];
  }

  /** About how many bytes what they ended with takes. */
  get endingBytes(): number {
    return this.#bytes;
  }

  // What becomes of them

  chunkAnswered(_firstSeq: number, spans: readonly Span[], column: AnswerColumn): void {
    let next = 0;
    this.#areEnding = true;
    for (const [from, count] of spans)
      for (let at = from; at < from + count; at += 1, next += 1) this.tasks[at]?.answeredIn(column, next);
    this.#areEnding = false;
    this.#tell(column.length);
  }

  answered(seq: number, value: Encoded): void {
    this.taskOf(seq)?.answered(seq, value);
  }

  failed(seq: number, error: Error): void {
    this.taskOf(seq)?.failed(seq, error);
  }

  retried(seq: number, attempt: number): void {
    this.taskOf(seq)?.retried(seq, attempt);
  }

  moved(seq: number, newSeq: number): void {
    const task = this.taskOf(seq);
    if (task === undefined) return;
    this.#moved.delete(seq);
    this.#moved.set(newSeq, task);
    task.moveTo(newSeq);
  }

  // What each of them asks for

  get clock(): Clock {
    return this.#desk.clock;
  }

  get durable(): boolean {
    return this.#desk.durable;
  }

  idOf(seq: number): string {
    return this.#desk.idOf(seq);
  }

  isRunning(seq: number): boolean {
    return this.#desk.isRunning(seq);
  }

  cancel(tasks: readonly SubmittedTask[], reason: unknown): number {
    return this.#desk.cancel(tasks, reason);
  }

  ended(task: SubmittedTask): void {
    if (!this.#areEnding) this.#tell(task.endingBytes);
  }

  #tell(bytes: number): void {
    this.#bytes += bytes;
    this.#desk.chunkEnded(this);
  }
}
