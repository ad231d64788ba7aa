import type { Source } from './findings.js';
import type { Passage } from './passages.js';

/** Where a quote stands in the passages that a model was given. */
export interface Anchor {
  readonly source: Source;
  readonly heading: string;
}

/** Shorter quotes stand in half of all sentences. */
const QUOTE_LENGTH_MIN = 12;

/**
 * A model copies words better than white space and line numbers: the sentence of that file, of those passages,
 * which holds the quote, nearest to the line it named, whole and as it stands. Undefined where no sentence holds
 * it; the source is then left as it was given, and it is for the fact-checker to find that it does not stand.
 */
export function anchor({ file, line, quote }: Source, passages: readonly Passage[]): Anchor | undefined {
  const wanted = folded(quote);
  if (wanted.length < QUOTE_LENGTH_MIN) return undefined;
  const found = passages
    .filter((passage) => passage.file === file)
    .flatMap(({ heading, sentences }) =>
      sentences
        .filter((sentence) => folded(sentence.quote).includes(wanted))
        .map((sentence) => ({ heading, source: { file, line: sentence.line, quote: sentence.quote } })),
    );
  return found.sort((one, other) => distance(one, line) - distance(other, line))[0];
}

function distance({ source }: Anchor, line: number): number {
  return Math.abs(source.line - line);
}

function folded(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
