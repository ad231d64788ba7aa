import { realpathSync, statSync } from 'node:fs';
import type Libsql from 'libsql';
import { databasePath, reserveFile } from '../../sqlite/database-file.js';
import { pragmaValue, rowsOf, type SqlRow } from '../../sqlite/rows.js';
import { LEDGER, ledgerDamaged, ledgerError, ledgerUnavailable } from './ledger-errors.js';
import { lockLedger } from './ledger-lock.js';
import { prepareSchema } from './ledger-schema.js';
import type { RowBody } from './row-body.js';

/** A row, and where it is. */
export interface LedgerRow extends RowBody {
  readonly position: number;
}

/** What every database begins with. */
const HEADER_BYTES = 100;

/** Some at a time, to their end each: an open statement would hold the file. */
const NEXT_ROWS =
  'SELECT position, checksum, body FROM journal WHERE position > ? ORDER BY position LIMIT 64';

/** Free pages worth a rewrite of the file. */
const FREE_PAGES_MIN = 1_024;

/**
 * The file of a ledger: rows in order, added at the end and dropped at the beginning, each call one transaction that
 * is durable when it returns. Whatever goes wrong is `BrokerUnavailable`, and nothing has changed then.
 */
export class LedgerFile {
  readonly #database: Libsql.Database;
  readonly #unlock: () => void;
  readonly #name: string;
  readonly #add: Libsql.Statement;
  readonly #drop: Libsql.Statement;
  readonly #read: Libsql.Statement;
  #isClosed = false;

  private constructor(database: Libsql.Database, unlock: () => void, name: string) {
    this.#database = database;
    this.#unlock = unlock;
    this.#name = name;
    this.#add = database.prepare('INSERT INTO journal VALUES (?, ?, ?)');
    this.#drop = database.prepare('DELETE FROM journal WHERE position <= ?');
    this.#read = database.prepare('SELECT position, checksum, body FROM journal WHERE position = ?');
  }

  /**
   * Opens the file, creating it if there is none.
   * @throws `InvalidOption` for a path that cannot be one; `BrokerUnavailable` for a file that has an owner, is not
   * ours, damaged, of a newer schema, or not to be written.
   */
  static open(
    driver: typeof Libsql,
    file: string,
    nameOf: (path: string) => string,
  ): { file: LedgerFile; name: string } {
    const path = databasePath(file, LEDGER);
    const name = nameOf(path);
    const remove = reserveFile(path, LEDGER, (reason, cause) => ledgerUnavailable(name, reason, cause));
    let unlock: (() => void) | undefined;
    let database: Libsql.Database | undefined;
    try {
      // Two links to one file are one ledger.
      const real = realpathSync(path);
      unlock = lockLedger(driver, real, name);
      const { size } = statSync(path);
      // SQLite would take it for an empty database.
      if (size > 0 && size < HEADER_BYTES) throw ledgerDamaged(name, `it ends after ${size} bytes`);
      database = new driver(real);
      prepareSchema(database, name);
      return { file: new LedgerFile(database, unlock, name), name };
    } catch (thrown) {
      if (database !== undefined) letGo(database);
      if (unlock !== undefined) remove();
      unlock?.();
      throw ledgerError(thrown, name);
    }
  }

  /** Counts this opening; the first is 1. */
  countOpening(): number {
    return this.#try(() => {
      this.#database.exec('UPDATE ledger SET openings = openings + 1');
      const [row] = rowsOf(this.#database.prepare('SELECT openings FROM ledger').all());
      return integer(row?.openings, this.#name, 'its count of openings is none');
    });
  }

  /** Every row, in order. */
  *rows(): IterableIterator<LedgerRow> {
    const next = this.#database.prepare(NEXT_ROWS);
    let expected: number | undefined;
    for (;;) {
      const found = this.#try(() => rowsOf(next.all([(expected ?? 0) - 1])));
      for (const each of found) {
        const row = this.#parse(each);
        if (expected !== undefined && row.position !== expected) {
          throw ledgerDamaged(this.#name, `row ${expected} is missing`);
        }
        expected = row.position + 1;
        yield row;
      }
      if (found.length === 0) return;
    }
  }

  row(position: number): LedgerRow {
    const [found] = this.#try(() => rowsOf(this.#read.all([position])));
    if (found === undefined) throw ledgerDamaged(this.#name, `row ${position} is missing`);
    return this.#parse(found);
  }

  /** Adds rows from `position` on, and drops those up to `dropTo`, in one transaction. */
  commit(position: number, rows: readonly RowBody[], dropTo = 0): void {
    this.#try(() => {
      const [first] = rows;
      // A single statement is a transaction of its own.
      if (rows.length === 1 && dropTo === 0 && first !== undefined) return this.#insert(position, first);
      this.#database.exec('BEGIN IMMEDIATE');
      for (const [at, row] of rows.entries()) this.#insert(position + at, row);
      if (dropTo > 0) this.#drop.run([dropTo]);
      this.#database.exec('COMMIT');
    });
  }

  /** Writes something and takes it back, to see whether the disk takes it. */
  probe(): void {
    this.#try(() => this.#database.exec('UPDATE ledger SET openings = openings'));
  }

  /** Gives free pages back to the disk, where there are many. */
  shrink(): void {
    this.#try(() => {
      const free = Number(pragmaValue(this.#database, 'freelist_count'));
      const pages = Number(pragmaValue(this.#database, 'page_count'));
      if (free < FREE_PAGES_MIN || free < pages / 2) return;
      this.#database.exec('VACUUM');
      this.#database.pragma('wal_checkpoint(TRUNCATE)');
    });
  }

  /** Lets go of the file; a second call does nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    letGo(this.#database);
    this.#unlock();
  }

  #insert(position: number, { checksum, body }: RowBody): void {
    this.#add.run([position, checksum, body]);
  }

  #parse({ position, checksum, body }: SqlRow): LedgerRow {
    const what = `row ${String(position)} is none`;
    // The driver gives a bare buffer.
    if (!(body instanceof ArrayBuffer)) throw ledgerDamaged(this.#name, what);
    return {
      position: integer(position, this.#name, what),
      checksum: integer(checksum, this.#name, what),
      body: Buffer.from(body),
    };
  }

  #try<T>(step: () => T): T {
    if (this.#isClosed) throw ledgerUnavailable(this.#name, 'it is closed');
    try {
      return step();
    } catch (thrown) {
      // A full disk ends the transaction by itself, and rolling back again would hide the reason.
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw ledgerError(thrown, this.#name);
    }
  }
}

/**
 * Closes a connection, of which the driver keeps hold while statements of it live. So the log goes first, and the
 * memory that describes it: whoever opens the file again, or puts another in its place, meets nothing of this.
 */
function letGo(database: Libsql.Database): void {
  try {
    if (pragmaValue(database, 'journal_mode') === 'wal') database.exec('PRAGMA journal_mode = DELETE');
  } catch {
    // What could not be copied is in the log, and the next opening reads it there.
  } finally {
    database.close();
  }
}

function integer(value: unknown, name: string, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw ledgerDamaged(name, what);
}
