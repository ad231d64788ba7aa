import type { PublishOutcome } from '../../brokers/contract.js';
import { unlessAborted } from '../../core/abort.js';
import { ConclaveError } from '../../core/errors.js';
import type { Envelope } from '../../core/message.js';
import type { Assembly } from '../assembly.js';
import type { CoalitionSettings } from '../options.js';
import { type Draft, type PublishWatcher, tooLarge } from './publisher.js';
import type { SubmitRequest } from './submit-options.js';
import type { SubmittedTask } from './submitted-task.js';
import type { TaskOwner } from './task.js';
import type { TaskBook } from './task-book.js';

/** Drafts that one publish of `submitAll` carries: what finds no room is stamped again. */
const PUBLISHED_AT_ONCE = 256;

/** Hands tasks to the broker, and sees to it that whoever waits is known before an answer can come. */
export class Submitter {
  readonly #parts: Assembly;
  readonly #settings: CoalitionSettings;
  readonly #book: TaskBook;

  constructor(parts: Assembly, settings: CoalitionSettings, book: TaskBook) {
    this.#parts = parts;
    this.#settings = settings;
    this.#book = book;
  }

  /** The task; the same one again for the same id of the caller's. */
  submit(draft: Draft, request: SubmitRequest): Promise<SubmittedTask> {
    const { id } = draft;
    return id === undefined ? this.#submit(draft, request) : this.#submitOnce(id, draft, request);
  }

  /** The tasks, in order, once all are accepted; none is left behind when one is not. */
  async submitAll(drafts: readonly Draft[], signal: AbortSignal | undefined): Promise<SubmittedTask[]> {
    const tasks: SubmittedTask[] = [];
    const watcher: PublishWatcher = {
      stamped: (envelopes) => {
        for (const envelope of envelopes) tasks.push(this.#book.expect(envelope));
      },
      refused: (envelopes) => {
        this.#parts.table.forget(envelopes.map(({ seq }) => seq));
        tasks.length -= envelopes.length; // those refused are the end of those stamped
      },
    };
    try {
      for (let at = 0; at < drafts.length; at += PUBLISHED_AT_ONCE) {
        await this.#parts.tasks.publishAll(drafts.slice(at, at + PUBLISHED_AT_ONCE), watcher, signal);
      }
      signal?.throwIfAborted();
    } catch (error) {
      this.#book.cancel(tasks, error);
      throw error;
    }
    if (signal !== undefined) this.#book.watch(tasks, signal);
    return tasks;
  }

  /** Publishes in order and waits for room; the owner hears of each message before it can be answered. */
  async publishAll(
    drafts: readonly Draft[],
    owner: TaskOwner & PublishWatcher,
    signal?: AbortSignal,
  ): Promise<void> {
    const { tasks, table } = this.#parts;
    const watcher: PublishWatcher = {
      stamped: (envelopes) => {
        owner.stamped(envelopes);
        table.expect(envelopes, owner);
      },
      refused: (envelopes) => {
        table.forget(envelopes.map((envelope) => envelope.seq));
        owner.refused(envelopes);
      },
    };
    await tasks.publishAll(drafts, watcher, signal);
  }

  /**
   * Whoever comes second waits for the submit that is under way, as long as its own signal lets it; one that fails
   * did so on its own terms, a signal or a `waitMs`, and it is the turn of whoever waited.
   */
  async #submitOnce(id: string, draft: Draft, request: SubmitRequest): Promise<SubmittedTask> {
    const { signal } = request;
    let isOwn = false;
    const submit = () => {
      isOwn = true;
      return this.#submit(draft, request);
    };
    for (;;) {
      const task = this.#book.once(id, submit);
      if (isOwn) return task;
      try {
        return this.#accepted(await unlessAborted(task, signal), signal);
      } catch {
        signal?.throwIfAborted();
        this.#parts.tasks.throwIfClosed();
      }
    }
  }

  /** A message that found no room is stamped anew: a broker remembers only so many refusals of a producer. */
  async #submit(draft: Draft, { waitMs, signal }: SubmitRequest): Promise<SubmittedTask> {
    const { tasks } = this.#parts;
    const untilMs = waitMs === 0 ? 0 : this.#settings.clock.nowMs() + waitMs;
    for (;;) {
      const envelope = tasks.stamp(draft);
      const task = this.#book.expect(envelope);
      const outcome = await this.#publish(envelope);
      if (outcome === 'accepted') return this.#accepted(task, signal);
      const mayWait = outcome === 'full' && waitMs > 0;
      if (!mayWait || !(await tasks.waitForRoom(untilMs, signal))) throw this.#refusal(outcome, envelope);
    }
  }

  /** What was not accepted is known to nobody. */
  async #publish(envelope: Envelope): Promise<PublishOutcome> {
    const { tasks, table } = this.#parts;
    let outcome: PublishOutcome | undefined;
    try {
      outcome = await tasks.publish(envelope);
      return outcome;
    } finally {
      if (outcome !== 'accepted') table.forget([envelope.seq]);
    }
  }

  #accepted(task: SubmittedTask, signal: AbortSignal | undefined): SubmittedTask {
    if (signal === undefined) return task;
    if (signal.aborted) this.#book.cancel([task], signal.reason);
    signal.throwIfAborted();
    this.#book.watch([task], signal);
    return task;
  }

  #refusal(outcome: 'duplicate' | 'full' | 'too-large', envelope: Envelope): ConclaveError {
    const { broker } = this.#parts;
    if (outcome === 'too-large') return tooLarge(envelope, broker);
    if (outcome === 'duplicate') {
      return new ConclaveError(
        'DuplicateTask',
        `A task with the id ${envelope.id} was accepted before, and its result is no longer kept here.`,
      );
    }
    return new ConclaveError(
      'QueueFull',
      `The task queue of "${this.#settings.name}" on ${broker.name} is full (queueDepthMax, queueBytesMax). ` +
        'Submit more slowly, give waitMs, use map, which waits, or add workers.',
    );
  }
}
