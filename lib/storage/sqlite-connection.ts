import type Libsql from 'libsql';
import { type Clock, sleep } from '../core/clock.js';
import { type Random, randomInteger } from '../core/random.js';
import { isBusy } from '../sqlite/result-codes.js';
import { pragmaRefusal, rowsOf, type SqlRow } from '../sqlite/rows.js';
import { storeClosed } from './request.js';
import { storeError, storeUnavailable } from './sqlite-errors.js';

/** What may be bound: a boolean or a bare buffer would abort the process, an undefined would bind NULL unasked. */
export type SqlValue = string | number | null;
/** What happens inside one step; all of it or nothing is kept. */
export interface SqlStep {
  all(sql: string, values?: readonly SqlValue[]): readonly SqlRow[];
  /** Rows changed. */
  run(sql: string, values: readonly SqlValue[]): number;
  exec(sql: string): void;
}

export interface SqliteConnectionOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  /** How long a step waits for other processes before it fails. */
  readonly busyMs: number;
}

/** How long the driver itself waits for a lock: short, because it blocks the event loop meanwhile. */
const LOCK_WAIT_MS = 10;
const PAUSE_MS_MAX = 8;

/**
 * This process's one connection to a file that others may hold open too. Steps run one at a time, in the order
 * in which they were asked for; a step that meets another process's lock is rolled back and tried again, with
 * the event loop free in between, until `busyMs` have passed.
 */
export class SqliteConnection {
  readonly #database: Libsql.Database;
  readonly #options: SqliteConnectionOptions;
  readonly #statements = new Map<string, Libsql.Statement>();
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(database: Libsql.Database, options: SqliteConnectionOptions) {
    this.#database = database;
    this.#options = options;
    this.#setAsserted('busy_timeout', LOCK_WAIT_MS);
  }

  /**
   * Sets what makes a commit durable, and asserts it: a rollback journal, because several connections write
   * (SQLite 3.45 has a bug with several on a write-ahead log), synced in full at each commit.
   */
  prepareWriting(): Promise<void> {
    return this.#enqueue(() => {
      this.#setAsserted('journal_mode', 'truncate');
      this.#setAsserted('synchronous', 2);
    });
  }

  /** Makes every write through this connection fail. */
  refuseWriting(): Promise<void> {
    return this.#enqueue(() => this.#setAsserted('query_only', 1));
  }

  /** Runs a step that may write, as one transaction: durable once it resolves. */
  write<T>(body: (step: SqlStep) => T): Promise<T> {
    return this.#enqueue(() => this.#transaction('BEGIN IMMEDIATE', body));
  }

  /** Runs a step that only reads, all of it at one moment. */
  read<T>(body: (step: SqlStep) => T): Promise<T> {
    return this.#enqueue(() => this.#transaction('BEGIN DEFERRED', body));
  }

  /** Closes after the steps asked for so far; later ones are refused. Closing again does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#last;
    this.#statements.clear();
    this.#database.close();
  }

  #enqueue<T>(step: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(storeClosed(this.#options.name));
    const result = this.#last.then(() => this.#untilFree(step));
    // The next step runs whatever became of this one; its own caller sees the error.
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #untilFree<T>(step: () => T): Promise<T> {
    const { busyMs, clock, name, random } = this.#options;
    const deadlineMs = clock.nowMs() + busyMs;
    for (;;) {
      try {
        return step();
      } catch (thrown) {
        if (!isBusy(thrown) || clock.nowMs() >= deadlineMs) throw storeError(thrown, name);
      }
      await sleep(clock, 1 + randomInteger(random, PAUSE_MS_MAX));
    }
  }

  #transaction<T>(begin: string, body: (step: SqlStep) => T): T {
    this.#database.exec(begin);
    try {
      const result = body(this.#step);
      this.#database.exec('COMMIT');
      return result;
    } catch (thrown) {
      // A full disk ends the transaction by itself, and rolling back again would hide the reason.
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw thrown;
    }
  }

  readonly #step: SqlStep = {
    // `all` runs a statement to its end, which lets go of the read lock; the array is what the driver can bind.
    all: (sql, values = []) => rowsOf(this.#statement(sql).all([...values])),
    run: (sql, values) => this.#statement(sql).run([...values]).changes,
    exec: (sql) => {
      this.#database.exec(sql);
    },
  };

  #statement(sql: string): Libsql.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#database.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }

  #setAsserted(pragma: string, value: string | number): void {
    const refusal = pragmaRefusal(this.#database, pragma, value);
    if (refusal !== undefined) throw storeUnavailable(this.#options.name, refusal);
  }
}
