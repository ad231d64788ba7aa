import type { PublishOutcome } from '../../brokers/contract.js';
import { unlessAborted } from '../../core/abort.js';
import { ConclaveError } from '../../core/errors.js';
import { type Envelope, hasProducedId } from '../../core/message.js';
import type { Assembly } from '../assembly.js';
import { tasksIn } from '../chunks/chunk.js';
import type { CoalitionSettings } from '../options.js';
import type { Draft, Published, PublishWatcher } from './publisher.js';
import type { SubmitRequest } from './submit-options.js';
import { SubmittedTask } from './submitted-task.js';
import type { TaskOwner } from './task.js';
import type { TaskBook } from './task-book.js';
import type { FoundTask } from './task-registry.js';
import { tooLarge } from './too-large.js';

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
  submit(draft: Draft, request: SubmitRequest): Promise<FoundTask> {
    const { id } = draft;
    return id === undefined ? this.#submit(draft, request) : this.#submitOnce(id, draft, request);
  }

  /** The tasks, in order, once all are accepted; none is left behind when one is not. */
  async submitAll(drafts: readonly Draft[], signal: AbortSignal | undefined): Promise<SubmittedTask[]> {
    const tasks: SubmittedTask[] = [];
    const watcher: PublishWatcher = {
      stamped: (envelopes) => {
        for (const task of this.#book.expectAll(envelopes)) tasks.push(task);
      },
      refused: (envelopes) => {
        this.#parts.table.refused(envelopes);
        for (const envelope of envelopes) tasks.length -= tasksIn(envelope); // the end of those stamped
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
        table.refused(envelopes);
        owner.refused(envelopes);
      },
    };
    await tasks.publishAll(drafts, watcher, signal);
  }

  /**
   * Whoever comes second waits for the submit that is under way, as long as its own signal lets it; one that fails
   * did so on its own terms, a signal or a `waitMs`, and it is the turn of whoever waited.
   */
  async #submitOnce(id: string, draft: Draft, request: SubmitRequest): Promise<FoundTask> {
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
  async #submit(draft: Draft, { waitMs, signal }: SubmitRequest): Promise<FoundTask> {
    const { tasks } = this.#parts;
    const untilMs = waitMs === 0 ? 0 : this.#settings.clock.nowMs() + waitMs;
    for (;;) {
      // Without trouble in the very tick of the call: a shutdown in the same tick must know of the task.
      if (tasks.trouble !== undefined) await this.#untilReached(untilMs, signal);
      const envelope = tasks.stamp(draft);
      const task = this.#book.expect(envelope);
      const published = await this.#publish(envelope, untilMs, signal);
      if (published.outcome === 'accepted') return this.#accepted(task, signal);
      if (isAmbiguous(published)) return this.#accepted(this.#lookedFor(task, envelope), signal);
      const mayWait = published.outcome === 'full' && waitMs > 0;
      if (!mayWait || !(await tasks.waitForRoom(untilMs, signal)))
        return this.#elsewhere(published, envelope);
    }
  }

  /** While the broker cannot be reached nothing is added to what it has not heard yet. */
  async #untilReached(untilMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { tasks } = this.#parts;
    while (tasks.trouble !== undefined)
      if (!(await tasks.waitForRoom(untilMs, signal))) throw tasks.trouble ?? this.#full();
  }

  /** What was not accepted is known to nobody. */
  async #publish(envelope: Envelope, untilMs: number, signal: AbortSignal | undefined): Promise<Published> {
    const { tasks, table } = this.#parts;
    let published: Published | undefined;
    try {
      const said = await tasks.publish(envelope, untilMs, signal);
      // No other message has an id that its producer has made: that it is there already is that it was taken.
      const isTaken = said.outcome === 'duplicate' && hasProducedId(envelope);
      published = isTaken ? { ...said, outcome: 'accepted' } : said;
      return published;
    } finally {
      const isOpen = published !== undefined && (published.outcome === 'accepted' || isAmbiguous(published));
      if (!isOpen) table.forget([envelope.seq]);
    }
  }

  /**
   * The broker has a task of that id: this one, or one of an earlier process. Ours will be answered; the other's answer
   * is looked for where it is kept.
   */
  #lookedFor(task: SubmittedTask, { id, agent }: Envelope): SubmittedTask {
    const kept = this.#book.elsewhere(id, agent);
    if (kept === undefined) return task;
    const ended = new AbortController();
    task.onEnd(() => ended.abort());
    const { desk, fault } = this.#parts;
    kept.find(this.#settings.limits.resultTtlMs, ended.signal).then(
      (outcome) => desk.heard([{ id, outcome: { ...outcome, seq: task.seq } }]),
      (error) => ended.signal.aborted || fault('answers', error),
    );
    return task;
  }

  /** A task that an earlier process submitted is that of its id here too, where its answer is kept. */
  #elsewhere({ outcome }: Published, envelope: Envelope): FoundTask {
    const { id, agent } = envelope;
    const kept = outcome === 'duplicate' ? this.#book.elsewhere(id, agent) : undefined;
    if (kept !== undefined) return kept;
    throw outcome === 'too-large' ? tooLarge(envelope, this.#parts.broker) : this.#refusal(outcome, envelope);
  }

  #accepted(task: FoundTask, signal: AbortSignal | undefined): FoundTask {
    if (signal === undefined || !(task instanceof SubmittedTask)) return task;
    if (signal.aborted) this.#book.cancel([task], signal.reason);
    signal.throwIfAborted();
    this.#book.watch([task], signal);
    return task;
  }

  #refusal(outcome: PublishOutcome, { id }: Envelope): ConclaveError {
    if (outcome !== 'duplicate') return this.#full();
    return new ConclaveError(
      'DuplicateTask',
      `A task with the id ${id} was accepted before, and its result is no longer kept here.`,
    );
  }

  #full(): ConclaveError {
    return new ConclaveError(
      'QueueFull',
      `The task queue of "${this.#settings.name}" on ${this.#parts.broker.name} is full (queueDepthMax, queueBytesMax). ` +
        'Submit more slowly, give waitMs, use map, which waits, or add workers.',
    );
  }
}

/** The broker knows the id; nobody knows whether from this submit, whose first try had no answer. */
function isAmbiguous({ outcome, isRepeated }: Published): boolean {
  return outcome === 'duplicate' && isRepeated;
}
