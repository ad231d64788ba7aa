import assert from 'node:assert';
import type { Delivery } from '../../brokers/contract.js';
import type { TaskExtra } from '../../core/frame.js';
import { type Envelope, producedId } from '../../core/message.js';
import type { Encoded } from '../../core/value.js';

export interface OnceLedgerOptions {
  /** Keys a task; the worker counts them and refuses more. */
  readonly keysMax: number;
  /** Bytes kept in all; the tasks that recorded longest ago go first. */
  readonly bytesMax: number;
}

interface Entry {
  readonly outcomes: Map<string, Encoded>;
  bytes: number;
}

/**
 * What `context.once` has recorded, by task, until the task is settled for good: a later try gets it with its
 * batch. It lives with this coordinator. An effect whose outcome did not arrive here before its worker died, or
 * had to leave for want of room, may happen again.
 */
export class OnceLedger {
  readonly #options: OnceLedgerOptions;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(options: OnceLedgerOptions) {
    this.#options = options;
  }

  /** Tasks that have recorded something. */
  get size(): number {
    return this.#entries.size;
  }

  /** Keeps an outcome; the first one of a key stays. */
  record(delivery: Delivery, key: string, outcome: Encoded): void {
    const name = nameOf(delivery);
    const entry = this.#entries.get(name) ?? { outcomes: new Map(), bytes: 0 };
    this.#entries.delete(name); // and back in at the end: it has recorded most recently
    this.#entries.set(name, entry);
    if (entry.outcomes.has(key)) return;
    entry.outcomes.set(key, outcome);
    assert(entry.outcomes.size <= this.#options.keysMax, `${name} has recorded more than onceKeysMax keys`);
    const bytes = key.length + outcome.length;
    entry.bytes += bytes;
    this.#bytes += bytes;
    this.#makeRoom(name);
  }

  /** The task goes on under another message. */
  move(delivery: Delivery, envelope: Envelope): void {
    const name = nameOf(delivery);
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    this.#entries.set(nameOf({ envelope }), entry);
  }

  /** The task is settled for good. */
  forget(delivery: Delivery): void {
    if (this.#entries.size > 0) this.#drop(nameOf(delivery));
  }

  /** What tasks of a batch have beside their columns: most have nothing. */
  extrasOf(deliveries: readonly Delivery[]): readonly TaskExtra[] {
    let extras: TaskExtra[] | undefined;
    for (let at = 0; at < deliveries.length; at += 1) {
      const delivery = deliveries[at];
      if (delivery === undefined) continue;
      const { timeoutMs } = delivery.envelope.tries;
      const outcomes = this.#entries.size === 0 ? undefined : this.#entries.get(nameOf(delivery))?.outcomes;
      if (timeoutMs === undefined && outcomes === undefined) continue;
      extras ??= [];
      extras.push({ at, timeoutMs: timeoutMs ?? null, recorded: [...(outcomes ?? [])] });
    }
    return extras ?? NO_EXTRAS;
  }

  /** The task that records just now keeps what it has, even if that is too much by itself. */
  #makeRoom(recording: string): void {
    for (const name of this.#entries.keys()) {
      if (this.#bytes <= this.#options.bytesMax || name === recording) return;
      this.#drop(name);
    }
  }

  #drop(name: string): void {
    this.#bytes -= this.#entries.get(name)?.bytes ?? 0;
    this.#entries.delete(name);
  }
}

const NO_EXTRAS: readonly TaskExtra[] = [];

/** Not the id: a caller's own may look like a produced one of another. */
function nameOf({ envelope }: Pick<Delivery, 'envelope'>): string {
  return producedId(envelope.producer, envelope.seq);
}
