import { type Coverage, coverageIn } from './coverage.js';
import { type Draft, type Findings, sourceKey } from './findings.js';
import { isStatement, mannerOf } from './manner.js';
import type { Passage } from './passages.js';
import { plainText, type Sentence } from './sentences.js';

/** Claims drafted in one loop at most: what a person still reads. */
export const CLAIMS_MAX = 8;
const CLAIMS_PER_PASSAGE_MAX = 3;

/**
 * What one sentence must hold of a question of so many terms for it to be answered at all: of two words one is not
 * enough, however rare, while a long question may well hold a word that no document uses.
 */
const ANSWERS = [
  { terms: 2, whole: 0.75, direct: 0.4 },
  { terms: 3, whole: 0.62, direct: 0.4 },
  { terms: Number.POSITIVE_INFINITY, whole: 0.56, direct: 0.4 },
];
/** Further claims may fall below that. */
const SUPPORTS = { whole: 0.4, direct: 0.3 };
/** What the passage's own rank is worth beside that. */
const RANK_SHARE = 0.3;
/** What it is worth that a sentence speaks of little else. */
const DENSITY_SHARE = 0.15;
/** How much a term that a loop added counts for a sentence. */
const WIDENED_SHARE = 0.25;

/** Claims far below the best one are by the way, unless there are few. */
const SCORE_SHARE_MIN = 0.72;
const CLAIMS_MIN = 3;

interface Rated {
  readonly passage: Passage;
  readonly sentence: Sentence;
  readonly coverage: Coverage;
  readonly score: number;
}

/**
 * Claims that answer the question, best first: whole sentences of the passages found, none of those `known`.
 * None at all if no sentence holds enough of the question, though single words of it may stand in many.
 */
export function draftClaims(question: string, found: Findings, known: ReadonlySet<string>): Draft[] {
  const rated = found.passages
    .flatMap((passage) => rate(question, passage, found))
    .sort((one, other) => other.score - one.score);
  const asked = found.terms.filter(({ weight }) => weight === 1);
  const least = ANSWERS.find(({ terms }) => asked.length <= terms);
  if (least === undefined || !rated.some(({ coverage }) => reaches(coverage, least))) return [];
  return pick(supporting(rated), known).map(({ passage, sentence, score }) => ({
    text: plainText(sentence.quote),
    heading: passage.heading,
    source: { file: passage.file, line: sentence.line, quote: sentence.quote },
    score: Math.round(score * 1_000) / 1_000,
  }));
}

/** Those that hold enough of the question; where that leaves few, also what its words stand in beside the best answer. */
function supporting(rated: readonly Rated[]): readonly Rated[] {
  const enough = rated.filter(({ coverage }) => reaches(coverage, SUPPORTS));
  const file = enough[0]?.passage.file;
  const beside = rated.filter(
    (item) => item.passage.file === file && !enough.includes(item) && item.coverage.density > 0,
  );
  return [...enough, ...beside.slice(0, Math.max(0, CLAIMS_MIN - enough.length))];
}

function reaches({ whole, direct, widened }: Coverage, least: { whole: number; direct: number }): boolean {
  return whole + WIDENED_SHARE * widened >= least.whole && direct >= least.direct;
}

function rate(question: string, passage: Passage & { readonly score: number }, found: Findings): Rated[] {
  const cover = coverageIn(passage, found.terms);
  // Where every passage holds every word, no rank tells them apart and all scores are 0.
  const best = found.passages[0]?.score || 1;
  return passage.sentences
    .filter(({ quote }) => isStatement(quote))
    .map((sentence) => {
      const coverage = cover(sentence);
      const { whole, direct, widened, density } = coverage;
      const fit = 0.6 * whole + 0.4 * direct + WIDENED_SHARE * widened + DENSITY_SHARE * density;
      const score = fit + (RANK_SHARE * passage.score) / best + mannerOf(question, plainText(sentence.quote));
      return { passage, sentence, coverage, score };
    });
}

function pick(rated: readonly Rated[], known: ReadonlySet<string>): Rated[] {
  const picked: Rated[] = [];
  const said = new Set<string>();
  const perPassage = new Map<Passage, number>();
  const best = rated[0]?.score ?? 0;
  for (const item of rated) {
    const { passage, sentence, score } = item;
    const words = plainText(sentence.quote).toLowerCase();
    const count = perPassage.get(passage) ?? 0;
    const isFar = said.size >= CLAIMS_MIN && score < SCORE_SHARE_MIN * best;
    if (picked.length === CLAIMS_MAX || isFar) break;
    if (said.has(words) || count === CLAIMS_PER_PASSAGE_MAX) continue;
    said.add(words);
    if (known.has(sourceKey({ file: passage.file, ...sentence }))) continue;
    perPassage.set(passage, count + 1);
    picked.push(item);
  }
  return picked;
}
