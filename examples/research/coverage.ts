import type { Term } from './findings.js';
import { type Passage, wordsIn } from './passages.js';
import { plainText, type Sentence } from './sentences.js';
import { termsOf } from './terms.js';

/** How much of the question a sentence answers to, each 0 to 1. */
export interface Coverage {
  /** By the sentence's own words, of those terms that its file's name does not lend to every sentence alike. */
  readonly direct: number;
  /** With what its headings, its file's name and its neighbours lend it. */
  readonly whole: number;
  /** Of the terms by which a loop widened the question. */
  readonly widened: number;
  /** How much of the sentence is in words of the question. */
  readonly density: number;
}

/** What a term is worth where it stands, against 1 in the sentence itself. */
const IN_HEADING = 0.7;
/** A heading that holds several words of the question says what the sentences under it are about. */
const IN_TELLING_HEADING = { least: 2, whole: 0.9, direct: 0.6 };
const IN_PASSAGE = 0.2;
/** A rare term counts up to twice a common one. */
const COMMON_SHARE = 0.5;

/** Measures the sentences of a passage against the terms of a question. */
export function coverageIn(passage: Passage, terms: readonly Term[]): (sentence: Sentence) => Coverage {
  const named = new Set(termsOf(passage.file));
  const above = new Set([...termsOf(passage.heading), ...named]);
  const around = new Set(termsOf(wordsIn(passage)));
  const asked = terms.filter(({ weight }) => weight === 1);
  const added = terms.filter(({ weight }) => weight < 1);
  const telling = asked.filter(({ term }) => !named.has(term));
  const heading = new Set(termsOf(passage.heading.split(' > ').at(-1) ?? ''));
  const isTelling = telling.filter(({ term }) => heading.has(term)).length >= IN_TELLING_HEADING.least;
  const inHeading = (term: string) => isTelling && heading.has(term);
  return ({ quote }) => {
    const own = new Set(termsOf(plainText(quote)));
    const hasOwn = asked.some(({ term }) => own.has(term));
    const lent = (term: string) =>
      inHeading(term)
        ? IN_TELLING_HEADING.whole
        : above.has(term)
          ? IN_HEADING
          : around.has(term)
            ? IN_PASSAGE
            : 0;
    return {
      direct: share(telling.length > 0 ? telling : asked, (term) =>
        own.has(term) ? 1 : hasOwn && inHeading(term) ? IN_TELLING_HEADING.direct : 0,
      ),
      whole: share(asked, (term) => (own.has(term) ? 1 : lent(term))),
      widened: share(added, (term) => (own.has(term) ? 1 : 0)),
      density: asked.filter(({ term }) => own.has(term)).length / Math.max(1, own.size),
    };
  };
}

function share(terms: readonly Term[], held: (term: string) => number): number {
  let sum = 0;
  let whole = 0;
  for (const { term, rarity } of terms) {
    const worth = COMMON_SHARE + (1 - COMMON_SHARE) * rarity;
    whole += worth;
    sum += worth * held(term);
  }
  return whole === 0 ? 0 : sum / whole;
}
