import { list, record, text, whole, wrong } from './parse.js';

/** Where a claim stands: a line of a file and the words that stand there. */
export interface ClaimSource {
  /** The file, by the name that readers know it by. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Verbatim. */
  readonly quote: string;
}

/** A claim as a handler makes it, before it has a key. */
export interface ClaimDraft {
  /** What is claimed; not empty. */
  readonly text: string;
  /** Where it stands (default: nowhere). */
  readonly sources?: readonly ClaimSource[];
  /** What a check of it found, in the agent's own words. */
  readonly verdict?: string;
}

/**
 * A draft out of what a handler passed, a fresh copy.
 * @throws `InvalidOption` naming the first field that is wrong, as `claim.sources[0].line`.
 */
export function parseClaimDraft(value: unknown, path = 'claim'): ClaimDraft {
  const fields = record(value, path);
  const said = text(fields.text, `${path}.text`);
  if (said === '') throw wrong(`${path}.text`, 'a text that is not empty', said);
  return {
    text: said,
    ...(fields.sources !== undefined && { sources: parseSources(fields.sources, `${path}.sources`) }),
    ...(fields.verdict !== undefined && { verdict: text(fields.verdict, `${path}.verdict`) }),
  };
}

/** The sources of a claim, frozen. @throws `InvalidOption` naming the first field that is wrong. */
export function parseSources(value: unknown, path: string): readonly ClaimSource[] {
  return Object.freeze(
    list(value, path).map((item, at) => {
      const source = record(item, `${path}[${at}]`);
      return Object.freeze({
        file: text(source.file, `${path}[${at}].file`),
        line: whole(source.line, `${path}[${at}].line`, 1),
        quote: text(source.quote, `${path}[${at}].quote`),
      });
    }),
  );
}
