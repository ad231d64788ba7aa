/** Term frequency saturates by this much; the usual choice, and that of SQLite's FTS5. */
const K1 = 1.2;
/** How far a long text is marked down; the usual choice, and that of SQLite's FTS5. */
const B = 0.75;
/** A word that stands in most texts still counts for something. */
const WEIGHT_MIN = 1e-6;

/**
 * Positions of the texts that hold at least one of the words, best first, equals in their own order. It looks
 * at every text: for what fits in memory.
 * Source: Okapi BM25 as in SQLite's FTS5, so that a claim store in memory ranks as one in a file.
 */
export function rankByWords(texts: readonly (readonly string[])[], words: readonly string[]): number[] {
  const lengthMean = texts.reduce((sum, text) => sum + text.length, 0) / texts.length;
  const scores = new Map<number, number>();
  for (const word of words) {
    const counts = countsOf(texts, word);
    const weight = Math.max(WEIGHT_MIN, Math.log((texts.length - counts.size + 0.5) / (counts.size + 0.5)));
    for (const [at, count] of counts) {
      const length = (texts[at]?.length ?? 0) / lengthMean;
      const score = (weight * count * (K1 + 1)) / (count + K1 * (1 - B + B * length));
      scores.set(at, (scores.get(at) ?? 0) + score);
    }
  }
  return [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([at]) => at);
}

function countsOf(texts: readonly (readonly string[])[], word: string): Map<number, number> {
  const counts = new Map<number, number>();
  texts.forEach((text, at) => {
    const count = text.filter((other) => other === word).length;
    if (count > 0) counts.set(at, count);
  });
  return counts;
}
