import type { SqlRow } from '../sqlite/rows.js';
import type { SqlStep, SqlValue } from './sqlite-connection.js';
import { storeUnavailable } from './sqlite-errors.js';

/** The layout that this release reads and writes, kept in the file's `user_version`. */
const SCHEMA_VERSION = 1;

/** Marks a file as a claim store ('Clms'), so that no other program's database is taken for one. */
const APPLICATION_ID = 0x436c6d73;

/*
 * Keys and bodies are JSON text: the driver cuts a bare string at its first NUL and replaces lone surrogates.
 * `position` and `ordinal` have no gaps (claims are never deleted), so that reading on from a count is one seek.
 * The words are folded by us and only split by the index, which knows no character above 127.
 */
const SCHEMA = `
  CREATE TABLE claims (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    coalition TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (coalition, ordinal)
  ) STRICT;
  CREATE VIRTUAL TABLE claim_words USING fts5(words, content='', tokenize='ascii');
  CREATE TABLE epochs (coalition TEXT PRIMARY KEY, epoch INTEGER NOT NULL) STRICT;
  CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT,
    epoch INTEGER NOT NULL,
    heartbeat INTEGER NOT NULL
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * Whether the file holds a claim store of this release (true) or nothing at all (false).
 * @throws `StoreUnavailable` for a newer or unknown version, naming both, and for another program's database.
 */
export function hasSchema(step: SqlStep, name: string): boolean {
  const found = {
    application: integer(step.all('PRAGMA application_id')[0], 'application_id', name),
    version: integer(step.all('PRAGMA user_version')[0], 'user_version', name),
    tables: integer(step.all('SELECT count(*) AS tables FROM sqlite_master')[0], 'tables', name),
  };
  if (found.application === 0 && found.version === 0 && found.tables === 0) return false;
  if (found.application !== APPLICATION_ID) {
    throw storeUnavailable(name, 'the file is a database of another program; name another file');
  }
  if (found.version === SCHEMA_VERSION) return true;
  throw storeUnavailable(
    name,
    `its schema has version ${found.version}, and this release of Conclave reads version ${SCHEMA_VERSION}; ` +
      'use the release that wrote it, or name another file',
  );
}

/** Creates the tables in an empty file; to be called inside a writing step. */
export function createSchema(step: SqlStep): void {
  step.exec(SCHEMA);
}

/** A string as it is stored: JSON text, which keeps every character. */
export function stored(text: string): SqlValue {
  return JSON.stringify(text);
}

/**
 * The string in a column that `stored` wrote; undefined for NULL.
 * @throws `StoreUnavailable` when the column holds anything else.
 */
export function storedText(row: SqlRow, column: string, name: string): string | undefined {
  const raw = row[column];
  if (raw === null) return undefined;
  const value = typeof raw === 'string' ? parseJson(raw, column, name) : undefined;
  if (typeof value === 'string') return value;
  throw damaged(name, column);
}

/** @throws `StoreUnavailable` when the text is not JSON. */
export function parseJson(text: string, what: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw damaged(name, what, thrown);
  }
}

/** @throws `StoreUnavailable` when the column does not hold a whole number. */
export function integer(row: SqlRow | undefined, column: string, name: string): number {
  const value = row?.[column];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw damaged(name, column);
}

/** What the file holds is not what a claim store writes. */
export function damaged(name: string, what: string, cause?: unknown): Error {
  return storeUnavailable(name, `${what} in the file is damaged; restore a copy or name another file`, cause);
}
