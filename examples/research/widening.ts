import type { CheckedClaim } from './findings.js';
import { questionTerms, termsOf } from './terms.js';

const WIDENING_MAX = 5;
const WIDENING_WEIGHT = 0.35;
/** A term of one claim alone may be by the way. */
const CLAIMS_MIN = 2;

/** The terms that supported claims share beyond the question's own: what the next loop searches for as well. */
export function wideningTerms(
  question: string,
  claims: readonly CheckedClaim[],
): ReadonlyMap<string, number> {
  const asked = new Set(questionTerms(question));
  const counts = new Map<string, number>();
  for (const { text, verdict } of claims) {
    if (verdict !== 'supported') continue;
    for (const term of new Set(termsOf(text)))
      if (!asked.has(term) && term.length > 2 && !/^\d+$/.test(term))
        counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  const shared = [...counts].filter(([, count]) => count >= CLAIMS_MIN);
  const best = shared.sort(([one, n], [other, m]) => m - n || (one < other ? -1 : 1)).slice(0, WIDENING_MAX);
  return new Map(best.map(([term]) => [term, WIDENING_WEIGHT]));
}
