import type Libsql from 'libsql';
import { pragmaRefusal, pragmaValue, rowsOf } from '../../sqlite/rows.js';
import { ledgerDamaged, ledgerUnavailable } from './ledger-errors.js';

/** The layout that this release reads and writes, that of a row's body included; kept in the file's `user_version`. */
const SCHEMA_VERSION = 1;

/** Marks a file as a ledger ('Cldg'), so that no other program's database is taken for one. */
const APPLICATION_ID = 0x436c6467;

/*
 * Positions have no gaps, so that a row that is missing is noticed. `openings` tells the deliveries of one opening
 * from those of another.
 */
const SCHEMA = `
  BEGIN IMMEDIATE;
  CREATE TABLE journal (
    position INTEGER PRIMARY KEY,
    checksum INTEGER NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE TABLE ledger (one INTEGER PRIMARY KEY CHECK (one = 1), openings INTEGER NOT NULL) STRICT;
  INSERT INTO ledger VALUES (1, 0);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
  COMMIT;
`;

/** Pages of the write-ahead log at which it is copied into the file. */
const CHECKPOINT_PAGES = 2_000;
/** Bytes that the write-ahead log keeps once it was copied. */
const LOG_BYTES_KEPT = 2 ** 24;

/**
 * Looks before it touches, then makes the tables if there are none.
 * @throws `BrokerUnavailable` for a newer or unknown version, naming both, and for another program's database.
 */
export function prepareSchema(database: Libsql.Database, name: string): void {
  const application = pragmaValue(database, 'application_id');
  const version = pragmaValue(database, 'user_version');
  const [tables] = rowsOf(database.prepare('SELECT count(*) AS count FROM sqlite_master').all());
  const isEmpty = application === 0 && version === 0 && tables?.count === 0;
  if (!isEmpty && application !== APPLICATION_ID) {
    throw ledgerUnavailable(name, 'the file is a database of another program; name another file');
  }
  if (!isEmpty && version !== SCHEMA_VERSION) {
    throw ledgerUnavailable(
      name,
      `its schema has version ${String(version)}, and this release of Conclave reads version ${SCHEMA_VERSION}; ` +
        'use the release that wrote it, or name another file',
    );
  }
  setDurable(database, name);
  if (isEmpty) database.exec(SCHEMA);
  else if (pragmaValue(database, 'quick_check') !== 'ok')
    throw ledgerDamaged(name, 'a check found faults in it');
}

/** A write-ahead log, synced in full at each commit: safe with the one connection that the lock allows. */
function setDurable(database: Libsql.Database, name: string): void {
  for (const [pragma, value] of [
    ['journal_mode', 'wal'],
    ['synchronous', 2],
    ['busy_timeout', 100],
    ['wal_autocheckpoint', CHECKPOINT_PAGES],
    ['journal_size_limit', LOG_BYTES_KEPT],
  ] as const) {
    const refusal = pragmaRefusal(database, pragma, value);
    if (refusal !== undefined) throw ledgerUnavailable(name, refusal);
  }
}
