import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Source } from './findings.js';
import { readText } from './read.js';
import { emptyTally } from './walk.js';

/**
 * Opens sources again and tells whether their quotes stand there: verbatim, starting on the line named, a quote
 * of several lines joined by `\n`. Each file is opened once; a file that cannot be read, or stands outside the
 * folder, holds no quote: a model may name any path.
 */
export function quoteChecker(docs: string): (source: Source) => Promise<boolean> {
  const opened = new Map<string, Promise<readonly string[]>>();
  return async ({ file, line, quote }) => {
    const lines = opened.get(file) ?? linesIn(docs, file);
    opened.set(file, lines);
    return standsAt(await lines, line, quote);
  };
}

async function linesIn(docs: string, file: string): Promise<readonly string[]> {
  const path = await pathWithin(docs, file);
  if (path === undefined) return [];
  return (await readText(path, emptyTally()))?.split('\n') ?? [];
}

async function pathWithin(docs: string, file: string): Promise<string | undefined> {
  try {
    const root = await realpath(docs);
    const path = await realpath(join(root, file));
    return path.startsWith(root.endsWith(sep) ? root : root + sep) ? path : undefined;
  } catch {
    // A path that leads nowhere holds no quote.
    return undefined;
  }
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
