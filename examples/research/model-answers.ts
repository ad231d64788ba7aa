import { isConclaveError } from 'conclave';
import { listOf, type Parser, shape } from './parsing.js';

/** What a model's answer held. */
export interface AnswerItems<T> {
  readonly items: readonly T[];
  /** What was wrong with the rest, for a person; undefined if nothing. */
  readonly note: string | undefined;
}

/** More are not looked at. */
const ITEMS_MAX = 50;
const FENCED = /^```(?:json)?\s*\n([\s\S]*?)\n?```$/;

/**
 * Reads `{"<key>": [item, …]}`. What a model says is data: items of another form are left out, an answer that is
 * no such list has none, and either is noted. Never throws for what was said.
 */
export function itemsIn<T>(answer: string, key: string, item: Parser<T>): AnswerItems<T> {
  const given = listIn(answer, key);
  if (given === undefined)
    return { items: [], note: `its answer was not the JSON it was asked for: ${excerpt(answer)}` };
  const read = given.slice(0, ITEMS_MAX).map((value) => attempt(item, value, key));
  const items = read.flatMap((one) => (one === undefined ? [] : [one.value]));
  const left = given.length - items.length;
  return { items, note: left === 0 ? undefined : `${left} of ${given.length} ${key} had another form` };
}

const anything: Parser<unknown> = (value) => value;

function listIn(answer: string, key: string): readonly unknown[] | undefined {
  const json = answer.trim();
  const parsed = parseJson(FENCED.exec(json)?.[1] ?? json);
  if (parsed === undefined) return undefined;
  return attempt(shape<Record<string, readonly unknown[]>>({ [key]: listOf(anything) }), parsed.value, key)
    ?.value[key];
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // The caller notes what was said instead.
    return undefined;
  }
}

function attempt<T>(parse: Parser<T>, value: unknown, path: string): { readonly value: T } | undefined {
  try {
    return { value: parse(value, path) };
  } catch (error) {
    if (isConclaveError(error)) return undefined;
    throw error;
  }
}

const EXCERPT_LENGTH_MAX = 80;

function excerpt(text: string): string {
  const line = printable(text);
  if (line === '') return 'nothing at all';
  return JSON.stringify(line.length <= EXCERPT_LENGTH_MAX ? line : `${line.slice(0, EXCERPT_LENGTH_MAX)}…`);
}

/** In one line, without the characters that could steer a terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\s\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ').trim();
}
