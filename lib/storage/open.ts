import { ConclaveError } from '../core/errors.js';
import { hasMethods, wrong } from '../core/parse.js';
import type { ClaimStore } from './contract.js';
import { MemoryClaimStore } from './memory.js';
import type { SqliteClaimStoreOptions } from './sqlite.js';

const FILE = 'file:';
const STORE_METHODS = [
  'append',
  'read',
  'search',
  'count',
  'close',
  'readLease',
  'takeLease',
  'renewLease',
  'releaseLease',
] satisfies (keyof ClaimStore)[];

/** Whether a value has what a store must do. @throws `InvalidOption` where that cannot be read. */
export function isClaimStore(value: unknown): value is ClaimStore {
  return hasMethods('store', value, STORE_METHODS);
}

/**
 * The claim store that a word names: 'memory', or 'file:' and a path; a store that is open already is given
 * back. No driver is loaded unless a file is named.
 * @throws `InvalidOption` for any other word, or a path that cannot be one; `StoreUnavailable` for a file that
 * cannot be used, with `mode: 'read'` also a missing one; `DriverMissing` where libsql is not installed.
 */
export async function openClaimStore(
  spec: string | ClaimStore,
  options: SqliteClaimStoreOptions = {},
): Promise<ClaimStore> {
  if (typeof spec !== 'string') {
    if (isClaimStore(spec)) return spec;
    throw wrong('the claim store', "'memory', 'file:PATH' or a ClaimStore", spec);
  }
  if (spec === 'memory') return new MemoryClaimStore();
  if (spec.startsWith(FILE)) {
    const { SqliteClaimStore } = await import('./sqlite.js');
    return SqliteClaimStore.open(spec.slice(FILE.length), options);
  }
  throw new ConclaveError(
    'InvalidOption',
    `The claim store must be 'memory' or 'file:PATH', not '${spec}'. Write the path of a file after 'file:'.`,
  );
}
