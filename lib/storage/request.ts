import { ConclaveError } from '../core/errors.js';
import { optionsOf, text, whole } from '../core/parse.js';
import { sameLeaseState } from '../election/lease.js';
import type { ClaimStore, Fence, LeaseRecord } from './contract.js';
import { searchWords } from './search-words.js';

/** Claims that `read` gives at most when no `limit` is asked for. */
const READ_LIMIT = 10_000;
/** Claims that `search` gives at most when no `limit` is asked for. */
const SEARCH_LIMIT = 100;

type ReadRequest = NonNullable<Parameters<ClaimStore['read']>[0]>;
type SearchRequest = NonNullable<Parameters<ClaimStore['search']>[1]>;

/** What a `read` asks for. @throws `InvalidOption` naming what it must be. */
export function parseRead(request: ReadRequest = {}): Required<Omit<ReadRequest, 'coalition'>> & ReadRequest {
  const given = optionsOf(request, 'the options of read', ['after', 'limit', 'coalition']);
  const { after = 0, limit = READ_LIMIT, coalition } = given;
  return {
    after: whole(after, 'after', 0),
    limit: whole(limit, 'limit', 1),
    ...(coalition !== undefined && { coalition: text(coalition, 'coalition') }),
  };
}

/** What a `search` asks for: its words, and how many claims. @throws `InvalidOption` naming what it must be. */
export function parseSearch(
  query: string,
  request: SearchRequest = {},
): { words: readonly string[]; limit: number } {
  const { limit = SEARCH_LIMIT } = optionsOf(request, 'the options of search', ['limit']);
  return { words: searchWords(text(query, 'the text to search for')), limit: whole(limit, 'limit', 1) };
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
