import type { Plain } from '../../core/value.js';
import type { Assembly } from '../assembly.js';
import { whenEmpty } from '../hosts/when-empty.js';
import type { CoalitionSettings } from '../options.js';
import type { Submitter } from '../tasks/submitter.js';
import type { TaskBook } from '../tasks/task-book.js';
import { type QueryReport, QueryRun } from './query-run.js';

/** Runs queries one after the other, each from a fresh shared state to the last claim persisted. */
export class QueryDesk {
  readonly #parts: Assembly;
  readonly #settings: CoalitionSettings;
  readonly #submitter: Submitter;
  readonly #book: TaskBook;
  readonly #stages: readonly (readonly string[])[];
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    parts: Assembly,
    settings: CoalitionSettings,
    submitter: Submitter,
    book: TaskBook,
    stages: readonly (readonly string[])[],
  ) {
    this.#parts = parts;
    this.#settings = settings;
    this.#submitter = submitter;
    this.#book = book;
    this.#stages = stages;
  }

  /** Waits its turn; `mayStart` throws when the coalition has closed meanwhile. */
  run(
    query: Plain,
    loops: number,
    signal: AbortSignal | undefined,
    mayStart: () => void,
  ): Promise<QueryReport> {
    const report = this.#last.then(() => {
      mayStart();
      signal?.throwIfAborted();
      return this.#run(query, loops, signal);
    });
    this.#last = report.catch(() => {}); // the next query does not care how this one ended
    return report;
  }

  async #run(query: Plain, loops: number, signal: AbortSignal | undefined): Promise<QueryReport> {
    const { ids, clock, limits } = this.#settings;
    const { aggregator, feed, hosts, coordinator, desk, storage } = this.#parts;
    const startedMs = clock.nowMs();
    const run: QueryRun = new QueryRun(ids.next('query'), query, this.#stages, {
      publishAll: (drafts, owner) => this.#submitter.publishAll(drafts, owner),
      // What a query says that was given up would be taken for the next one's.
      tell: (event) => this.#parts.query?.run === run && coordinator.send(event),
    });
    aggregator.begin(run.id);
    feed.reset();
    hosts?.outbox.begin(run.id);
    await this.#walk(run, loops, signal);
    await storage.whenPersisted(desk.counts.claimed, limits.shutdownGraceMs);
    if (this.#parts.hosts?.roster.pools.length) await this.#whenClaimsOfOthersArePersisted();
    const durationS = (clock.nowMs() - startedMs) / 1_000;
    return { loops, results: [...aggregator.results], failures: run.failures, durationS };
  }

  /** A pool that joined publishes its claims before the result that they go with. */
  #whenClaimsOfOthersArePersisted(): Promise<void> {
    const { broker, wiring } = this.#parts;
    return whenEmpty(
      broker,
      wiring.queue('claims'),
      this.#settings.clock,
      this.#settings.limits.shutdownGraceMs,
    );
  }

  /** Resolves when the coordinator has walked the query to its end. */
  async #walk(run: QueryRun, loops: number, signal: AbortSignal | undefined): Promise<void> {
    const { coordinator } = this.#parts;
    const cancel = () => {
      coordinator.send({ type: 'cancel' });
      for (const [agent, seqs] of run.pending()) this.#book.abandon(agent, seqs, signal?.reason);
      this.#parts.query?.fail(signal?.reason);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      await new Promise<void>((finish, fail) => {
        this.#parts.query = { run, finish, fail };
        const stages = this.#stages.map((stage) => stage.length);
        coordinator.send({ type: 'query', loops, stages });
      });
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#parts.query = undefined;
    }
  }
}
