import { opposition } from './opposition.js';
import { readSentence } from './reading.js';
import { plainText } from './sentences.js';
import { termsOf } from './terms.js';

/** Of a claim's words, how many its quote, or the heading above it, must hold. */
const SHARED_MIN = 0.5;

/**
 * Whether a quote bears a claim out, as far as words tell: it holds half of the claim's, every number of it, and
 * does not speak against it. A claim in the words of its quote needs no look.
 */
export function bears(text: string, quote: string, heading: string): boolean {
  if (text === plainText(quote)) return true;
  const stated = [...new Set(termsOf(text))];
  const quoted = `${heading}\n${plainText(quote)}`;
  const held = new Set(termsOf(quoted));
  const shared = stated.filter((term) => held.has(term)).length;
  if (stated.length === 0 || shared < SHARED_MIN * stated.length) return false;
  const numbers = new Set(numbersIn(quoted));
  if (!numbersIn(text).every((number) => numbers.has(number))) return false;
  return opposition(readSentence(text, heading), readSentence(quote, heading)) === undefined;
}

function numbersIn(text: string): string[] {
  return text.replace(/(?<=\d),(?=\d{3})/g, '').match(/\d+(?:\.\d+)?/g) ?? [];
}
