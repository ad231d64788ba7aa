import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tally } from './walk.js';

/** A document and its text, every line end a `\n`. */
export interface Document {
  readonly file: string;
  readonly text: string;
}

/** Larger files are passed over: they are data, not documents. */
export const FILE_BYTES_MAX = 2 * 2 ** 20;

/** Files open at once: enough to hide the disk's delay, few enough to hold little text. */
const READ_AHEAD = 8;
const BINARY_LOOK_BYTES = 8_192;

/** The texts of these files in order, at most a few in memory at a time. What is no text is counted, not given. */
export async function* readDocuments(
  root: string,
  files: readonly string[],
  tally: Tally,
  signal: AbortSignal,
): AsyncGenerator<Document> {
  for (let first = 0; first < files.length; first += READ_AHEAD) {
    signal.throwIfAborted();
    const group = files.slice(first, first + READ_AHEAD);
    const texts = await Promise.all(group.map((file) => readText(join(root, file), tally)));
    for (const [index, text] of texts.entries()) {
      const file = group[index];
      if (file !== undefined && text !== undefined) yield { file, text };
    }
  }
}

/** The text of one file, or undefined if it cannot be read or is binary or too large, counted by the reason. */
export async function readText(path: string, tally: Tally): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX) {
      tally.oversized += 1;
      return undefined;
    }
    const bytes = await readFile(path);
    if (bytes.subarray(0, BINARY_LOOK_BYTES).includes(0)) {
      tally.binary += 1;
      return undefined;
    }
    tally.read += 1;
    tally.bytes += bytes.length;
    return normalise(bytes.toString('utf8'));
  } catch {
    // A file that vanished or may not be read is no reason to refuse the others.
    tally.unreadable += 1;
    return undefined;
  }
}

/** Without byte order mark, and with `\n` at every line end, so that line numbers are those of any editor. */
export function normalise(text: string): string {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  return body.includes('\r') ? body.replace(/\r\n?/g, '\n') : body;
}
