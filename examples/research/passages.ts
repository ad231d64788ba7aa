import { blocksOf } from './blocks.js';
import { type Sentence, sentencesOf } from './sentences.js';

/** A stretch of a document that is found, ranked and read as one: its sentences under their headings. */
export interface Passage {
  /** Relative to the folder that was asked about, with `/`. */
  readonly file: string;
  /** Of its first sentence, from 1. */
  readonly line: number;
  readonly heading: string;
  readonly sentences: readonly Sentence[];
}

/** Longer blocks are several passages, cut between sentences: a passage should be about one thing. */
const PASSAGE_LENGTH_MAX = 1_500;
const ADDRESS = /\]\([^)]*\)|https?:\S+/g;

/** A block's passages, not made before it is known that the block is wanted. */
export interface LazyPassages {
  readonly text: string;
  readonly heading: string;
  passages(): Passage[];
}

/** The passages of a document in order, each block's sentences found only on demand. */
export function passagesOf(file: string, text: string): LazyPassages[] {
  return blocksOf(text, file).map((block) => ({
    text: block.lines.join('\n'),
    heading: block.heading,
    passages: () =>
      cut(sentencesOf(block)).map((sentences) => ({
        file,
        line: sentences[0]?.line ?? block.line,
        heading: block.heading,
        sentences,
      })),
  }));
}

/** What a passage says, without the addresses of its links, whose words are nobody's statement. */
export function wordsIn({ sentences }: Passage): string {
  return sentences
    .map(({ quote }) => quote)
    .join('\n')
    .replace(ADDRESS, ' ');
}

function cut(sentences: readonly Sentence[]): Sentence[][] {
  const groups: Sentence[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const sentence of sentences) {
    if (length + sentence.quote.length > PASSAGE_LENGTH_MAX) {
      groups.push([]);
      length = 0;
    }
    groups.at(-1)?.push(sentence);
    length += sentence.quote.length;
  }
  return groups;
}
