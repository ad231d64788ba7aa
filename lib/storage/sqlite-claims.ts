import type { SqlRow } from '../sqlite/rows.js';
import { parseClaim } from './claim.js';
import type { AppendOutcome, Claim, Fence } from './contract.js';
import { staleEpoch } from './request.js';
import { claimWords } from './search-words.js';
import type { SqlStep } from './sqlite-connection.js';
import { findLease, writtenEpoch } from './sqlite-leases.js';
import { damaged, integer, parseJson, stored, storedText } from './sqlite-schema.js';

const SET_EPOCH =
  'INSERT INTO epochs VALUES (?, ?) ON CONFLICT (coalition) DO UPDATE SET epoch = excluded.epoch';
const LAST_POSITION = 'SELECT coalesce(max(position), 0) AS last FROM claims';
const LAST_ORDINAL = 'SELECT coalesce(max(ordinal), 0) AS last FROM claims WHERE coalition = ?';
const ADD = 'INSERT INTO claims VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING';
// The driver binds every number as REAL, which an index of words takes for no row number.
const ADD_WORDS = 'INSERT INTO claim_words (rowid, words) VALUES (CAST(? AS INTEGER), ?)';
const COLUMNS = 'SELECT claims.id, claims.coalition, claims.body FROM claims';
const READ = `${COLUMNS} WHERE position > ? ORDER BY position LIMIT ?`;
const READ_COALITION = `${COLUMNS} WHERE coalition = ? AND ordinal > ? ORDER BY ordinal LIMIT ?`;
const SEARCH = `${COLUMNS} JOIN claim_words ON claim_words.rowid = claims.position
  WHERE claim_words MATCH ? ORDER BY claim_words.rank, claims.position LIMIT ?`;

/** Appends within a writing step; the fence is checked there, so that no newer leader can come in between. */
export function appendClaims(
  step: SqlStep,
  store: string,
  claims: readonly Claim[],
  fence: Fence,
): readonly AppendOutcome[] {
  const coalition = stored(fence.coalition);
  const leaseEpoch = findLease(step, store, fence.coalition)?.epoch ?? 0;
  const seenEpoch = Math.max(leaseEpoch, writtenEpoch(step, store, fence.coalition));
  if (fence.epoch < seenEpoch) throw staleEpoch(fence, seenEpoch);
  step.run(SET_EPOCH, [coalition, fence.epoch]);
  let position = countClaims(step, store);
  let ordinal = integer(step.all(LAST_ORDINAL, [coalition])[0], 'last', store);
  return claims.map((claim) => {
    const { id, coalition: _, ...body } = claim;
    const row = [position + 1, stored(id), coalition, ordinal + 1, JSON.stringify(body)];
    if (step.run(ADD, row) === 0) return 'duplicate';
    position += 1;
    ordinal += 1;
    step.run(ADD_WORDS, [position, claimWords(claim).join(' ')]);
    return 'written';
  });
}

/** Claims after a count, within a coalition if one is named. */
export function readClaims(
  step: SqlStep,
  store: string,
  range: { readonly after: number; readonly limit: number },
  coalition: string | undefined,
): readonly Claim[] {
  const { after, limit } = range;
  const rows =
    coalition === undefined
      ? step.all(READ, [after, limit])
      : step.all(READ_COALITION, [stored(coalition), after, limit]);
  return rows.map((row) => claimOf(row, store));
}

/** Claims that hold any of the words, best first. Words hold no quotes, so quoting them leaves no syntax. */
export function searchClaims(
  step: SqlStep,
  store: string,
  words: readonly string[],
  limit: number,
): readonly Claim[] {
  if (words.length === 0) return [];
  const query = words.map((word) => `"${word}"`).join(' OR ');
  return step.all(SEARCH, [query, limit]).map((row) => claimOf(row, store));
}

/** Claims are never deleted, so the last position is their number. */
export function countClaims(step: SqlStep, store: string): number {
  return integer(step.all(LAST_POSITION)[0], 'last', store);
}

function claimOf(row: SqlRow, store: string): Claim {
  const id = storedText(row, 'id', store);
  if (typeof row.body !== 'string') throw damaged(store, `claim ${id}`);
  const body = parseJson(row.body, `claim ${id}`, store);
  const fields = typeof body === 'object' ? body : {};
  try {
    return parseClaim({ ...fields, id, coalition: storedText(row, 'coalition', store) }, `claim ${id}`);
  } catch (thrown) {
    throw damaged(store, `claim ${id}`, thrown);
  }
}
