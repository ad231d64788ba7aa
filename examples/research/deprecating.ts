import { kindOf } from './deprecation.js';
import type { Reading } from './reading.js';
import { termsOf } from './terms.js';

/** Whether one sentence says that what the other speaks of, as in use, is gone. */
export function deprecates(by: Reading, claim: Reading): boolean {
  const { gone } = by;
  if (gone === undefined || claim.gone !== undefined) return false;
  if (gone.names.length > 0)
    return gone.names.some((name) => claim.names.includes(name) && areOfOneKind(name, by.text, claim.text));
  const isSpecific = gone.stems.length > 1 && gone.stems.length < 5;
  return isSpecific && standTogether(gone.stems, claim) && !denies(claim);
}

/** Whether words that are one name in one sentence are side by side in another. */
function standTogether(stems: readonly string[], { text, stems: held }: Reading): boolean {
  if (!stems.every((stem) => held.has(stem))) return false;
  const words = termsOf(text);
  return words.some((_, at) => {
    const near = new Set(words.slice(at, at + stems.length + 1));
    return stems.every((stem) => near.has(stem));
  });
}

/** `the close event` is not `the close method`: what follows a name says of which kind it is. */
function areOfOneKind(name: string, one: string, other: string): boolean {
  const kind = kindOf(name, one);
  const there = kindOf(name, other);
  return kind === undefined || there === undefined || kind === there;
}

function denies({ statements }: Reading): boolean {
  return statements.every(({ words }) => words.some(({ negated }) => negated));
}
