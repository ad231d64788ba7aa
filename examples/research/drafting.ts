import { type Coverage, coverageIn } from './coverage.js';
import { type Draft, type Findings, sourceKey } from './findings.js';
import type { Passage } from './passages.js';
import { plainText, type Sentence } from './sentences.js';
import { tokensOf } from './terms.js';

/** Claims drafted in one loop at most: what a person still reads. */
const CLAIMS_MAX = 8;
const CLAIMS_PER_PASSAGE_MAX = 3;

/** The question is answered at all only if one sentence reaches both; further claims may fall a little below it. */
const ANSWERS = { whole: 0.56, direct: 0.4 };
const SUPPORTS = { whole: 0.4, direct: 0.3 };
/** How much a term that a loop added counts for a sentence. */
const WIDENED_SHARE = 0.25;

const WORDS_MIN = 4;
/** A sentence that leans on the one before it says little when it stands alone. */
const LEANS = /^(?:this|these|that|those|it|they|he|she|such|then|so|but|and|or|also|however|here|there)\b/i;
const INTRODUCES = /:\s*$/;
const ASKS = /\?["')\]*_`]*$/;
const DEFINES = /^(?:an?|the)?\s*[`*_]*[\w-]+(?:\s+[\w-]+){0,2}[`*_]*\s+(?:is|are|means|—|–|:)\s/i;
const ASKS_FOR_NUMBER = /\bhow (?:many|much|long|often|large|big|fast|old|far)\b|\bwhat (?:port|size|number|limit)\b/i;
const ASKS_FOR_MEANING = /^(?:what|who)\s+(?:is|are|was|were|does .* mean)\b/i;
const ASKS_FOR_REASON = /^why\b/i;

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
  if (!rated.some(({ coverage }) => reaches(coverage, ANSWERS))) return [];
  const supporting = rated.filter(({ coverage }) => reaches(coverage, SUPPORTS));
  return pick(supporting, known).map(({ passage, sentence, score }) => ({
    text: plainText(sentence.quote),
    heading: passage.heading,
    source: { file: passage.file, line: sentence.line, quote: sentence.quote },
    score: Math.round(score * 1_000) / 1_000,
  }));
}

function reaches({ whole, direct, widened }: Coverage, least: { whole: number; direct: number }): boolean {
  return whole + WIDENED_SHARE * widened >= least.whole && direct >= least.direct;
}

function rate(question: string, passage: Passage & { readonly score: number }, found: Findings): Rated[] {
  const cover = coverageIn(passage, found.terms);
  const best = found.passages[0]?.score ?? 1;
  return passage.sentences.filter(({ quote }) => isStatement(quote)).map((sentence) => {
    const coverage = cover(sentence);
    const fit = 0.6 * coverage.whole + 0.4 * coverage.direct + WIDENED_SHARE * coverage.widened;
    const score = fit + (0.3 * passage.score) / best + manner(question, plainText(sentence.quote));
    return { passage, sentence, coverage, score };
  });
}

/** Whether a sentence says something: not a question, not an introduction, not a scrap, not damaged. */
export function isStatement(quote: string): boolean {
  const words = plainText(quote);
  if (ASKS.test(words) || INTRODUCES.test(words) || quote.includes('\uFFFD')) return false;
  const letters = words.replace(/[^\p{L}\s]/gu, '').length;
  return tokensOf(words).length >= WORDS_MIN && letters > 0.6 * words.length && !/^[\w.-]+\(/.test(words);
}

/** What the way a sentence speaks adds: it defines, counts or reasons when that was asked. */
function manner(question: string, words: string): number {
  let sum = LEANS.test(words) ? -0.12 : 0;
  if (ASKS_FOR_NUMBER.test(question) && /\d/.test(words)) sum += 0.15;
  if (ASKS_FOR_MEANING.test(question) && DEFINES.test(words)) sum += 0.12;
  if (ASKS_FOR_REASON.test(question) && /\b(?:because|since|so that|reason|why)\b/i.test(words)) sum += 0.12;
  return sum;
}

function pick(rated: readonly Rated[], known: ReadonlySet<string>): Rated[] {
  const picked: Rated[] = [];
  const said = new Set<string>();
  const perPassage = new Map<Passage, number>();
  for (const item of rated) {
    const { passage, sentence } = item;
    const words = plainText(sentence.quote).toLowerCase();
    const count = perPassage.get(passage) ?? 0;
    if (picked.length === CLAIMS_MAX) break;
    if (said.has(words) || count === CLAIMS_PER_PASSAGE_MAX) continue;
    if (known.has(sourceKey({ file: passage.file, ...sentence }))) continue;
    said.add(words);
    perPassage.set(passage, count + 1);
    picked.push(item);
  }
  return picked;
}
