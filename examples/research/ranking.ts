import MiniSearch from 'minisearch';
import { wordsIn } from './passages.js';
import type { Candidate, Statistics } from './scan.js';
import { termsOf } from './terms.js';

/** What a query asks for, each stem with its weight: 1 for the person's own, less for a widened one. */
export type WeightedTerms = ReadonlyMap<string, number>;

/** A candidate and how well it fits, larger is better. */
export interface Ranked {
  readonly candidate: Candidate;
  readonly score: number;
}

/** BM25+'s parameters as in Lv and Zhai, "Lower-bounding term frequency normalization" (2011). */
const BM25 = { k: 1.2, b: 0.7, d: 0.5 };
/** Candidates ranked at most: of those that hold least, none would come out on top. */
const INDEXED_MAX = 1_500;
const FIELD_BOOST = { heading: 1.3, path: 1.1 };

/** How much a term tells: 0 to 1, rare ones near 1; a term that stands nowhere is the rarest. */
export function rarity(term: string, { passages, frequency }: Statistics): number {
  return inverseFrequency(passages, frequency.get(term) ?? 0) / inverseFrequency(passages, 0);
}

/**
 * The best candidates by BM25+ over text, heading and path, those that hold more of the query first among equals.
 * The index knows the candidates alone, so a term's rarity in the whole folder comes to it as a boost.
 */
export function rank(
  candidates: readonly Candidate[],
  terms: WeightedTerms,
  statistics: Statistics,
  limit: number,
): Ranked[] {
  const nearest = nearestOf(candidates, terms, statistics);
  const index = indexOf(nearest);
  const results = index.search([...terms.keys()].join(' '), {
    boost: FIELD_BOOST,
    bm25: BM25,
    boostTerm: (term) => (terms.get(term) ?? 1) * rarity(term, statistics),
  });
  return results
    .flatMap(({ id, score }) => {
      const candidate = nearest[Number(id)];
      return candidate === undefined ? [] : [{ candidate, score: score * shareHeld(candidate, terms) }];
    })
    .sort((one, other) => other.score - one.score)
    .slice(0, limit);
}

/** Those worth an index: of very many, the ones that hold the most and the rarest of the query. */
function nearestOf(
  candidates: readonly Candidate[],
  terms: WeightedTerms,
  statistics: Statistics,
): readonly Candidate[] {
  if (candidates.length <= INDEXED_MAX) return candidates;
  const worth = new Map([...terms].map(([term, weight]) => [term, weight * rarity(term, statistics)]));
  return candidates
    .map((candidate) => {
      let sum = 0;
      for (const term of candidate.held) sum += worth.get(term) ?? 0;
      return { candidate, sum };
    })
    .sort((one, other) => other.sum - one.sum)
    .slice(0, INDEXED_MAX)
    .map(({ candidate }) => candidate);
}

function indexOf(candidates: readonly Candidate[]): MiniSearch {
  const index = new MiniSearch({
    fields: ['text', 'heading', 'path'],
    tokenize: termsOf,
    processTerm: (term) => term,
    searchOptions: { tokenize: (query) => query.split(' ') },
  });
  index.addAll(
    candidates.map(({ passage }, id) => ({
      id,
      text: wordsIn(passage),
      heading: passage.heading,
      path: passage.file,
    })),
  );
  return index;
}

/** Half for holding nothing of the query beyond one word, all for holding it whole. */
function shareHeld({ held }: Candidate, terms: WeightedTerms): number {
  let share = 0;
  let whole = 0;
  for (const [term, weight] of terms) {
    whole += weight;
    if (held.has(term)) share += weight;
  }
  return 0.5 + share / (2 * whole);
}

function inverseFrequency(passages: number, holding: number): number {
  return Math.log(1 + (Math.max(passages, holding) - holding + 0.5) / (holding + 0.5));
}
