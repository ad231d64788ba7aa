import { ConclaveError } from '../core/errors.js';
import type { Envelope } from '../core/message.js';
import type { Assembly } from './assembly.js';
import type { CoalitionSettings } from './options.js';
import { type Draft, type PublishWatcher, tooLarge } from './publisher.js';
import { Task, type TaskOwner } from './task.js';
import { TaskIds } from './task-ids.js';

/** Hands tasks to the broker, and sees to it that whoever waits is known before an answer can come. */
export class Submitter {
  readonly #parts: Assembly;
  readonly #settings: CoalitionSettings;
  readonly #ids: TaskIds;

  constructor(parts: Assembly, settings: CoalitionSettings) {
    this.#parts = parts;
    this.#settings = settings;
    this.#ids = new TaskIds(settings.clock, settings.limits);
  }

  /** The task; the same one again for the same id of the caller's. */
  submit(draft: Draft): Promise<Task> {
    const { id } = draft;
    return id === undefined ? this.#submit(draft) : this.#ids.once(id, () => this.#submit(draft));
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

  async #submit(draft: Draft): Promise<Task> {
    const { tasks, table, broker } = this.#parts;
    const envelope = tasks.stamp(draft);
    const task = new Task(envelope.id, draft.agent, broker.capabilities.durable, this.#settings.clock);
    table.expect([envelope], task);
    try {
      const outcome = await tasks.publish(envelope);
      if (outcome === 'accepted') return task;
      throw this.#refusal(outcome, envelope);
    } catch (error) {
      table.forget([envelope.seq]);
      throw error;
    }
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
        'Submit more slowly, use map, which waits, or add workers.',
    );
  }
}
