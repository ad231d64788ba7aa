import type { SharedResult } from '../../core/frame.js';
import type { Publisher } from '../tasks/publisher.js';
import { encodeParts } from './state-part.js';

export interface StateOutboxOptions {
  /** The coordinator's session. */
  readonly session: string;
  /** A publisher to the inbox of a pool. */
  readonly publisherTo: (pool: string) => Publisher;
  /** Removes the inbox of a pool that is gone. */
  readonly purge: (pool: string) => Promise<void> | undefined;
  readonly onError: (error: unknown) => void;
}

/** Sends pools that have joined what the shared state has gained: a new one gets all of it. */
export class StateOutbox {
  readonly #options: StateOutboxOptions;
  readonly #publishers = new Map<string, Publisher>();
  #query: string | undefined;
  #turn = 0;
  #sent: readonly SharedResult[] = [];

  constructor(options: StateOutboxOptions) {
    this.#options = options;
  }

  /** Another query begins, its state empty. */
  begin(query: string): void {
    this.#query = query;
    this.#turn += 1;
    this.#sent = [];
    for (const pool of this.#publishers.keys()) this.#send(pool, 0, []);
  }

  /** Brings every pool up to these results, of which those sent before are a beginning. */
  send(results: readonly SharedResult[]): void {
    const from = this.#sent.length;
    this.#sent = results.slice();
    if (this.#sent.length === from) return;
    for (const pool of this.#publishers.keys()) this.#send(pool, from, this.#sent.slice(from));
  }

  joined(pool: string): void {
    this.#publishers.set(pool, this.#options.publisherTo(pool));
    this.#send(pool, 0, this.#sent);
  }

  gone(pool: string): void {
    this.#publishers.get(pool)?.close();
    this.#publishers.delete(pool);
    this.#options.purge(pool)?.catch(this.#options.onError);
  }

  /** Nothing is sent any more. */
  close(): void {
    for (const publisher of this.#publishers.values()) publisher.close();
    this.#publishers.clear();
  }

  #send(pool: string, from: number, results: readonly SharedResult[]): void {
    const publisher = this.#publishers.get(pool);
    const { session } = this.#options;
    if (publisher === undefined || this.#query === undefined) return;
    const parts = encodeParts({ coordinator: session, query: this.#query, turn: this.#turn, from, results });
    const drafts = parts.map((payload) => ({ kind: 'state', agent: '', payload }) as const);
    publisher.publishAll(drafts).catch((error) => {
      if (this.#publishers.has(pool)) this.#options.onError(error);
    });
  }
}
