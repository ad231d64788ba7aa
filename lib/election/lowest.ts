import { ConclaveError, messageOf } from '../core/errors.js';

const DECIMAL = /^-?\d+(\.\d+)?$/;
const WHOLE = /^-?\d+$/;

/** What can be elected: unique values of one type with a total order. */
export type Candidate = number | bigint | string;

/** Who leads, and how many comparisons it took to know. */
export interface Election<Id> {
  /** The lowest. */
  readonly leader: Id;
  /** Counted one by one; for n candidates it is n - 1. */
  readonly comparisons: number;
}

/** Negative when `a` comes first, positive when `b` does; never 0 for two different candidates. */
export type CompareIds<Id> = (a: Id, b: Id) => number;

/**
 * The lowest identifier leads: one pass, n - 1 comparisons. Numbers and bigints compare by value, strings by
 * UTF-16 code unit ('B' before 'a', '10' before '9'); ids of another type need a `compare` of their own.
 * @throws `NoCandidates` for none; `DuplicateCandidate` naming one that comes twice (or that `compare` calls
 * equal to another); `InvalidOption` for what cannot be listed, mixed types, NaN, or a `compare` that answers no number.
 */
export function electLeader<Id extends Candidate>(ids: Iterable<Id>): Election<Id>;
export function electLeader<Id>(ids: Iterable<Id>, compare: CompareIds<Id>): Election<Id>;
export function electLeader<Id>(ids: Iterable<Id>, compare?: CompareIds<Id>): Election<Id> {
  const candidates = listOf(ids);
  refuseDuplicates(candidates);
  if (compare === undefined) refuseUnordered(candidates);
  const order = compare ?? byValue;
  let lowest: { readonly id: Id } | undefined;
  let comparisons = 0;
  for (const id of candidates) {
    if (lowest !== undefined) comparisons += 1;
    if (lowest === undefined || precedes(id, lowest.id, order)) lowest = { id };
  }
  if (lowest !== undefined) return { leader: lowest.id, comparisons };
  throw new ConclaveError('NoCandidates', 'Nobody can lead: there are no candidates. Name at least one.');
}

/**
 * Words of a command line as candidates: numbers if every word is one, else strings by code unit. A number is
 * written in decimal, with a minus and a fraction if need be ('7', '-2', '0.5', '01'); '0x10', '1e3', '+1',
 * ' 1' and '' are words. So '1', '1.0' and '01' are one candidate among numbers, a duplicate, and three among
 * words. Whole numbers beyond 2^53 are bigints and keep every digit; a fraction is the nearest double.
 */
export function parseCandidates(
  words: readonly string[],
): readonly string[] | readonly number[] | readonly bigint[] {
  if (!words.every((word) => DECIMAL.test(word))) return words;
  const numbers = words.map(Number);
  if (numbers.every((value) => Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return numbers;
  return words.every((word) => WHOLE.test(word)) ? words.map(BigInt) : words;
}

function listOf<Id>(ids: Iterable<Id>): Id[] {
  try {
    return [...ids];
  } catch (error) {
    throw new ConclaveError(
      'InvalidOption',
      `The candidates cannot be listed: ${messageOf(error)}. Give an array or another iterable of them.`,
      { cause: error },
    );
  }
}

function precedes<Id>(id: Id, other: Id, order: CompareIds<Id>): boolean {
  const outcome = order(id, other);
  if (Number.isNaN(outcome)) {
    throw new ConclaveError(
      'InvalidOption',
      `The order of ${show(id)} and ${show(other)} is NaN. Answer a number below, at or above 0.`,
    );
  }
  if (outcome === 0) throw duplicate(id);
  return outcome < 0;
}

function byValue<Id>(a: Id, b: Id): number {
  return a < b ? -1 : 1;
}

/** By identity alone, so that it costs the election no comparison. */
function refuseDuplicates(candidates: readonly unknown[]): void {
  const seen = new Set<unknown>();
  for (const id of candidates) {
    if (seen.has(id)) throw duplicate(id);
    seen.add(id);
  }
}

function refuseUnordered(candidates: readonly unknown[]): void {
  const type = typeof candidates[0];
  for (const id of candidates) {
    const ordered = typeof id === 'number' || typeof id === 'bigint' || typeof id === 'string';
    if (ordered && typeof id === type && !Number.isNaN(id)) continue;
    throw new ConclaveError(
      'InvalidOption',
      `Candidate ${show(id)} (${typeof id}) has no place in one order with ${show(candidates[0])} (${type}). ` +
        'Give numbers, bigints or strings, all of one type, or an order of your own.',
    );
  }
}

function duplicate(id: unknown): ConclaveError {
  return new ConclaveError(
    'DuplicateCandidate',
    `Candidate ${show(id)} comes twice. Identifiers must be unique, or two would lead.`,
  );
}

function show(id: unknown): string {
  return typeof id === 'string' ? `'${id}'` : String(id);
}
