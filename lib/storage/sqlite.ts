import { type Clock, systemClock } from '../core/clock.js';
import { loadDriver } from '../core/driver.js';
import { type Random, systemRandom } from '../core/random.js';
import { databasePath, fileExists, reserveFile } from '../sqlite/database-file.js';
import { isBusy } from '../sqlite/result-codes.js';
import { parseBatch } from './claim.js';
import type { AppendOutcome, Claim, ClaimStore, Fence, LeaseRecord } from './contract.js';
import { parseRead, parseSearch } from './request.js';
import { appendClaims, countClaims, readClaims, searchClaims } from './sqlite-claims.js';
import { SqliteConnection } from './sqlite-connection.js';
import { CLAIM_STORE, storeError, storeUnavailable } from './sqlite-errors.js';
import { findLease, releaseLease, renewLease, takeLease } from './sqlite-leases.js';
import { createSchema, hasSchema } from './sqlite-schema.js';

/** How a file of claims is opened. */
export interface SqliteClaimStoreOptions {
  /** 'write' (preset) creates a missing file; 'read' needs it to be there, and refuses every write. */
  readonly mode?: 'read' | 'write';
  /** How long a call waits for another process that writes, before `StoreUnavailable` (preset 10,000). */
  readonly busyMs?: number;
  /** What waits are measured with (default: the machine's). */
  readonly clock?: Clock;
  /** What spreads the waits of several processes (default: the machine's). */
  readonly random?: Random;
}

/**
 * Claims and leases in one SQLite file (libsql), shared by processes: durable when a call resolves. A process
 * that is stopped inside a write delays the others until it is continued or killed.
 */
export class SqliteClaimStore implements ClaimStore {
  readonly name: string;
  readonly durable = true;
  readonly #connection: SqliteConnection;

  /** Use `SqliteClaimStore.open`: it checks the file first. */
  private constructor(name: string, connection: SqliteConnection) {
    this.name = name;
    this.#connection = connection;
  }

  /**
   * Opens the file, creating file and tables if they are absent; the driver is loaded here.
   * @throws `InvalidOption` for a path that cannot be one; `StoreUnavailable` for a file that cannot be used:
   * not ours, damaged, of a newer schema, not to be written, or (reading) missing; `DriverMissing` where libsql is
   * not installed. No half-made file stays.
   */
  static async open(file: string, options: SqliteClaimStoreOptions = {}): Promise<SqliteClaimStore> {
    const path = databasePath(file, CLAIM_STORE);
    const name = `file:${path}`;
    const reading = options.mode === 'read';
    if (reading && !fileExists(path, CLAIM_STORE)) throw storeUnavailable(name, 'there is no such file');
    const unavailable = (reason: string, cause: unknown) => storeUnavailable(name, reason, cause);
    const remove = reading ? () => undefined : reserveFile(path, CLAIM_STORE, unavailable);
    try {
      const connection = await connect(path, name, options);
      await prepare(connection, name, reading);
      return new SqliteClaimStore(name, connection);
    } catch (thrown) {
      // Busy means that another process is at work in the very file: not ours to remove.
      if (!isBusy(thrown instanceof Error ? thrown.cause : thrown)) remove();
      throw thrown;
    }
  }

  async append(claims: readonly Claim[], fence: Fence): Promise<readonly AppendOutcome[]> {
    const batch = parseBatch(claims, fence);
    return this.#connection.write((step) => appendClaims(step, this.name, batch, fence));
  }

  async read(
    request: { readonly after?: number; readonly limit?: number; readonly coalition?: string } = {},
  ): Promise<readonly Claim[]> {
    const range = parseRead(request);
    return this.#connection.read((step) => readClaims(step, this.name, range, range.coalition));
  }

  async search(text: string, request: { readonly limit?: number } = {}): Promise<readonly Claim[]> {
    const { words, limit } = parseSearch(text, request);
    return this.#connection.read((step) => searchClaims(step, this.name, words, limit));
  }

  count(): Promise<number> {
    return this.#connection.read((step) => countClaims(step, this.name));
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  readLease(name: string): Promise<LeaseRecord | undefined> {
    return this.#connection.read((step) => findLease(step, this.name, name));
  }

  takeLease(
    name: string,
    holder: string,
    expected: LeaseRecord | undefined,
  ): Promise<LeaseRecord | undefined> {
    return this.#connection.write((step) => takeLease(step, this.name, { name, holder, expected }));
  }

  renewLease(record: LeaseRecord): Promise<LeaseRecord | undefined> {
    return this.#connection.write((step) => renewLease(step, this.name, record));
  }

  releaseLease(record: LeaseRecord): Promise<void> {
    return this.#connection.write((step) => releaseLease(step, this.name, record));
  }
}

async function connect(
  path: string,
  name: string,
  options: SqliteClaimStoreOptions,
): Promise<SqliteConnection> {
  const { default: Libsql } = await loadDriver('libsql', `store '${name}'`, () => import('libsql'));
  const { clock = systemClock, random = systemRandom, busyMs = 10_000 } = options;
  try {
    return new SqliteConnection(new Libsql(path), { name, clock, random, busyMs });
  } catch (thrown) {
    throw storeError(thrown, name);
  }
}

/** Looks before it touches: another program's database is left as it is. */
async function prepare(connection: SqliteConnection, name: string, reading: boolean): Promise<void> {
  try {
    const present = await connection.read((step) => hasSchema(step, name));
    if (reading && !present) throw storeUnavailable(name, 'the file is empty');
    if (reading) return await connection.refuseWriting();
    await connection.prepareWriting();
    // Another process may have created it since.
    if (!present) await connection.write((step) => hasSchema(step, name) || createSchema(step));
  } catch (thrown) {
    await connection.close();
    throw thrown;
  }
}
