import type { Findings, ResearchQuery, Term } from './findings.js';
import { rank, rarity } from './ranking.js';
import { scan } from './scan.js';
import { hintingTerms, questionTerms } from './terms.js';

/** Passages handed on to the synthesizer. */
const PASSAGES_MAX = 40;
/** Two decimals tell ranks apart and keep the shared state short. */
const SCORE_STEPS = 100;

/** What a word that only hints at the kind of answer counts, against 1 for one that says what is asked about. */
const HINT_WEIGHT = 0.5;

/** How a search is watched and ended. */
export interface Watch {
  readonly signal: AbortSignal;
  readonly progress: (fraction: number) => void;
}

/** The passages of the folder that fit the question best; `widening` are terms that earlier loops suggest. */
export async function findPassages(
  { question, docs }: ResearchQuery,
  widening: ReadonlyMap<string, number>,
  watch: Watch,
): Promise<Findings> {
  const own = questionTerms(question).map((term) => [term, 1] as const);
  const hints = hintingTerms(question).map((term) => [term, HINT_WEIGHT] as const);
  const weights = new Map([...widening, ...hints, ...own]);
  const { candidates, statistics, tally } = await scan({ docs, terms: weights.keys(), ...watch });
  const terms: Term[] = [...weights].map(([term, weight]) => ({
    term,
    weight,
    rarity: rarity(term, statistics),
  }));
  const passages = rank(candidates, weights, statistics, PASSAGES_MAX).map(({ candidate, score }) => ({
    ...candidate.passage,
    score: Math.round(score * SCORE_STEPS) / SCORE_STEPS,
  }));
  return { terms, passages, searched: statistics.passages, tally };
}
