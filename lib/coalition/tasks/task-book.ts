import type { Clock } from '../../core/clock.js';
import { messageOf } from '../../core/errors.js';
import type { Listeners } from '../../core/listeners.js';
import { type Envelope, messageId } from '../../core/message.js';
import { isChunk } from '../chunks/chunk.js';
import { type ChunkTaskDesk, ChunkTasks } from '../chunks/chunk-tasks.js';
import type { CoalitionEvents } from '../events.js';
import { AbortWatch } from './abort-watch.js';
import { KeptTask, type KeptTasks } from './kept-task.js';
import { SubmittedTask } from './submitted-task.js';
import { type FoundTask, type RegistryLimits, TaskRegistry } from './task-registry.js';
import type { TaskTable } from './task-table.js';

/** What becomes of tasks after their publish: the dispatcher's part of it. */
export interface TaskControl {
  /** Whether that task of this producer is with a worker. */
  isRunning(seq: number): boolean;
  /** Nobody wants these tasks of this producer: those not begun are dropped, the others told to stop. */
  cancel(seqs: ReadonlySet<number>, reason: string): void;
}

export interface TaskBookOptions {
  readonly table: TaskTable;
  readonly control: TaskControl;
  readonly announcer: Listeners<CoalitionEvents>;
  readonly clock: Clock;
  readonly limits: RegistryLimits;
  readonly durable: boolean;
  /** Where answers are kept that outlive this process; undefined: nowhere. */
  readonly kept: KeptTasks | undefined;
}

/** A task that is given up, as listeners are told of it. */
type GivenUp = Pick<SubmittedTask, 'seq' | 'id' | 'agent'>;

const NOBODY_WAITS = 'nobody waits for it any more';

/** The tasks of a coalition's submitters, from before their publish until their results are forgotten. */
export class TaskBook implements ChunkTaskDesk {
  readonly clock: Clock;
  readonly durable: boolean;
  readonly #options: TaskBookOptions;
  readonly #registry: TaskRegistry;
  readonly #watch: AbortWatch;
  #cancelled = 0;

  constructor(options: TaskBookOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.durable = options.durable;
    this.#registry = new TaskRegistry(options.clock, options.limits);
    this.#watch = new AbortWatch((tasks, reason) => this.cancel(tasks, reason));
  }

  /** Tasks that were given up, in all. */
  get cancelledCount(): number {
    return this.#cancelled;
  }

  /** A task for a message that is about to be published. */
  expect(envelope: Envelope): SubmittedTask {
    const task = new SubmittedTask(envelope.seq, envelope.id, envelope.agent, this);
    this.#options.table.expect([envelope], task);
    return task;
  }

  /** Tasks for messages that are about to be published, some of them chunks. */
  expectAll(envelopes: readonly Envelope[]): SubmittedTask[] {
    return envelopes.flatMap((envelope) => {
      if (!isChunk(envelope)) return this.expect(envelope);
      const chunk = new ChunkTasks(envelope, this);
      this.#options.table.expect([envelope], chunk);
      return chunk.tasks;
    });
  }

  /** The task of a caller's own id, submitted once however often it is asked for. */
  once(id: string, submit: () => Promise<FoundTask>): Promise<FoundTask> {
    return this.#registry.once(id, submit);
  }

  /** The task of that id, pending or kept; where the broker keeps answers, otherwise what becomes of it there. */
  find(id: string): FoundTask | undefined {
    const found = this.#registry.find(id);
    if (found !== undefined) return found;
    const owner = this.#options.table.ownerOf(id);
    if (owner instanceof ChunkTasks) return owner.withId(id);
    return owner instanceof SubmittedTask ? owner : this.elsewhere(id);
  }

  /** A task that others have submitted, as its answer on the broker shows it; undefined where none is kept. */
  elsewhere(id: string, agent = ''): KeptTask | undefined {
    const { kept } = this.#options;
    return kept && new KeptTask(messageId(id), agent, kept);
  }

  /** Cancels these tasks when the signal aborts. */
  watch(tasks: readonly SubmittedTask[], signal: AbortSignal): void {
    for (const task of tasks) this.#watch.add(signal, task);
  }

  idOf(seq: number): string {
    return this.#options.table.idOf(seq);
  }

  isRunning(seq: number): boolean {
    return this.#options.control.isRunning(seq);
  }

  ended(task: SubmittedTask): void {
    this.#registry.keep(task);
  }

  chunkEnded(tasks: ChunkTasks): void {
    this.#registry.keepChunk(tasks);
  }

  cancel(tasks: readonly SubmittedTask[], reason: unknown): number {
    const pending = tasks.filter(({ seq }) => this.#options.table.forget([seq]) === 1);
    for (const task of pending) task.cancelled(reason);
    this.#giveUp(pending, reason);
    return pending.length;
  }

  /** Gives up tasks that have no handle: those of a map whose loop was left. */
  abandon(agent: string, seqs: Iterable<number>, reason: unknown): void {
    const { table } = this.#options;
    const tasks = Array.from(seqs, (seq) => ({ seq, agent, id: table.idOf(seq) }));
    this.#giveUp(
      tasks.filter(({ seq }) => table.forget([seq]) === 1),
      reason,
    );
  }

  #giveUp(tasks: readonly GivenUp[], cause: unknown): void {
    if (tasks.length === 0) return;
    const { control, announcer } = this.#options;
    const reason = cause === undefined ? NOBODY_WAITS : messageOf(cause);
    this.#cancelled += tasks.length;
    control.cancel(new Set(tasks.map(({ seq }) => seq)), reason);
    if (!announcer.isHeard('task')) return;
    for (const { id, agent } of tasks) announcer.emit('task', { id, agent, state: 'cancelled', reason });
  }
}
