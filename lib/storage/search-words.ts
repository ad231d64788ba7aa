import type { Claim } from './contract.js';

/** A longer word is cut; nobody looks for one, and an index need not hold it. */
const WORD_LENGTH_MAX = 64;
/** Distinct words of one search that count; more make no search better. */
const SEARCH_WORDS_MAX = 64;

/**
 * The words of a text as claims are searched by: runs of letters and digits of any script, without case and
 * accents. Both stores index and ask by these words alone, so that they find the same claims and no query
 * syntax of an index can be written by a user.
 */
function wordsOf(text: string): string[] {
  const folded = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().normalize('NFC');
  return (folded.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => [...word].slice(0, WORD_LENGTH_MAX).join(''));
}

/** The distinct words of a search, the first 64 of them. */
export function searchWords(text: string): readonly string[] {
  return [...new Set(wordsOf(text))].slice(0, SEARCH_WORDS_MAX);
}

/** The words by which a claim is found: those of its text and of its quotes. */
export function claimWords(claim: Claim): readonly string[] {
  return [claim.text, ...claim.sources.map((source) => source.quote)].flatMap(wordsOf);
}
