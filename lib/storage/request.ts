import { ConclaveError } from '../core/errors.js';
import { whole } from '../core/parse.js';
import { sameLeaseState } from '../election/lease.js';
import type { Fence, LeaseRecord } from './contract.js';

/** Claims that `read` gives at most when no `limit` is asked for. */
export const READ_LIMIT = 10_000;
/** Claims that `search` gives at most when no `limit` is asked for. */
export const SEARCH_LIMIT = 100;

/** @throws `InvalidOption` unless it is a whole number from 1. */
export function limitOf(limit: number | undefined, preset: number): number {
  return limit === undefined ? preset : whole(limit, 'limit', 1);
}

/** @throws `InvalidOption` unless it is a whole number from 0. */
export function afterOf(after: number | undefined): number {
  return after === undefined ? 0 : whole(after, 'after', 0);
}

/** Whether the record is the one that a taker expects; one of another lease never is. */
export function standsAsExpected(
  current: LeaseRecord | undefined,
  expected: LeaseRecord | undefined,
): boolean {
  return current?.name === expected?.name && sameLeaseState(current, expected);
}

/** The refusal of a write by a leader that another has followed. */
export function staleEpoch(fence: Fence, seenEpoch: number): ConclaveError {
  return new ConclaveError(
    'StaleEpoch',
    `Epoch ${fence.epoch} of coalition '${fence.coalition}' is over: the claim store has seen epoch ${seenEpoch}. ` +
      'Another coordinator leads now; nothing was written. Stop this one, or let it take the lease again.',
  );
}

/** The refusal of any call after `close`. */
export function storeClosed(name: string): ConclaveError {
  return new ConclaveError('StoreUnavailable', `The claim store ${name} is closed; open it again to use it.`);
}
