import type Libsql from 'libsql';
import { isBusy } from '../../sqlite/result-codes.js';
import { ledgerError, ledgerUnavailable } from './ledger-errors.js';

/** What is added to a ledger's path for the file that says who owns it. */
const LOCK_SUFFIX = '-lock';

/**
 * Makes this broker the only owner of a ledger, until what is answered is called or the process is gone: an empty
 * database beside it, held by an exclusive transaction. The operating system lets go of it with the process, and not
 * before: an owner that is stopped owns it still.
 * @throws `BrokerUnavailable` where there is an owner.
 */
export function lockLedger(driver: typeof Libsql, path: string, name: string): () => void {
  const lockPath = `${path}${LOCK_SUFFIX}`;
  const database = opened(driver, lockPath, name);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    database.close();
    if (!isBusy(thrown)) throw ledgerError(thrown, name);
    throw ledgerUnavailable(
      name,
      `another process, or another broker of this one, holds ${lockPath}; a ledger has one owner. ` +
        'Close or end that one (also if it is stopped), or name another file',
      thrown,
    );
  }
  return () => {
    database.exec('ROLLBACK');
    database.close();
  };
}

function opened(driver: typeof Libsql, path: string, name: string): Libsql.Database {
  try {
    return new driver(path);
  } catch (thrown) {
    throw ledgerError(thrown, name);
  }
}
