import { ConclaveError } from '../core/errors.js';
import type { Envelope } from '../core/message.js';
import type { Assembly } from './assembly.js';
import type { CoalitionSettings } from './options.js';
import { type Draft, type PublishWatcher, tooLarge } from './publisher.js';
import { Task, type TaskOwner } from './task.js';

/** Hands tasks to the broker, and sees to it that whoever waits is known before an answer can come. */
export class Submitter {
  readonly #parts: Assembly;
  readonly #settings: CoalitionSettings;
  /** Tasks by their caller's own id, the oldest first. */
  readonly #byId = new Map<string, Task>();

  constructor(parts: Assembly, settings: CoalitionSettings) {
    this.#parts = parts;
    this.#settings = settings;
  }

  /** The task; the same one again for the same id of the caller's. */
  async submit(draft: Draft): Promise<Task> {
    const known = draft.id === undefined ? undefined : this.#byId.get(draft.id);
    return known ?? (await this.#submit(draft));
  }

  /** Publishes in order and waits for room; the owner hears of each message before it can be answered. */
  async publishAll(drafts: readonly Draft[], owner: TaskOwner & PublishWatcher): Promise<void> {
    const { tasks, table } = this.#parts;
    await tasks.publishAll(drafts, {
      stamped: (envelopes) => {
        owner.stamped(envelopes);
        table.expect(envelopes, owner);
      },
      refused: (envelopes) => {
        table.forget(envelopes.map((envelope) => envelope.seq));
        owner.refused(envelopes);
      },
    });
  }

  async #submit(draft: Draft): Promise<Task> {
    const { tasks, table, broker } = this.#parts;
    const envelope = tasks.stamp(draft);
    const task = new Task(envelope.id, draft.agent, broker.capabilities.durable, this.#settings.clock);
    table.expect([envelope], task);
    this.#remember(draft.id, task);
    try {
      const outcome = await tasks.publish(envelope);
      if (outcome === 'accepted') return task;
      throw this.#refusal(outcome, envelope);
    } catch (error) {
      table.forget([envelope.seq]);
      if (draft.id !== undefined) this.#byId.delete(draft.id);
      throw error;
    }
  }

  #remember(id: string | undefined, task: Task): void {
    if (id === undefined) return;
    this.#byId.set(id, task);
    const [oldest] = this.#byId.keys();
    if (this.#byId.size > this.#settings.limits.dedupeIdsMax && oldest !== undefined)
      this.#byId.delete(oldest);
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
