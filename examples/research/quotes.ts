import { join } from 'node:path';
import type { Source } from './findings.js';
import { readText } from './read.js';
import { emptyTally } from './walk.js';

/**
 * Opens sources again and tells whether their quotes stand there: verbatim, starting on the line named, a quote
 * of several lines joined by `\n`. Each file is opened once; a file that cannot be read holds no quote.
 */
export function quoteChecker(docs: string): (source: Source) => Promise<boolean> {
  const opened = new Map<string, Promise<readonly string[]>>();
  return async ({ file, line, quote }) => {
    const lines = opened.get(file) ?? linesOf(join(docs, file));
    opened.set(file, lines);
    return standsAt(await lines, line, quote);
  };
}

async function linesOf(path: string): Promise<readonly string[]> {
  return (await readText(path, emptyTally()))?.split('\n') ?? [];
}

/** Whether a quote starts on that line, counted from 1, and reaches over as many lines as it has. */
export function standsAt(lines: readonly string[], line: number, quote: string): boolean {
  if (line < 1 || quote === '') return false;
  const height = quote.split('\n').length;
  return lines
    .slice(line - 1, line - 1 + height)
    .join('\n')
    .includes(quote);
}
