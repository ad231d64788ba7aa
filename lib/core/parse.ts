import { ConclaveError, textOf } from './errors.js';

/** An object whose fields are not known yet. */
export type Fields = { readonly [key: string]: unknown };

/** The value as an object. @throws `InvalidOption` naming `path`. */
export function record(value: unknown, path: string): Fields {
  if (!isFields(value)) throw wrong(path, 'an object', value);
  return value;
}

/** The value as a list. @throws `InvalidOption` naming `path`. */
export function list(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(path, 'an array', value);
  return value;
}

/** The value as a string. @throws `InvalidOption` naming `path`. */
export function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw wrong(path, 'a string', value);
  return value;
}

/** The value as a whole number of at least `least`. @throws `InvalidOption` naming `path`. */
export function whole(value: unknown, path: string, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw wrong(path, `a whole number from ${least}`, value);
}

/** A misspelt option is not one to be ignored. @throws `InvalidOption` naming `path`, or the name nobody knows. */
export function refuseUnknown(value: unknown, path: string, names: readonly string[]): void {
  const unknown = Object.keys(record(value, path)).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new ConclaveError('InvalidOption', `There is no option "${unknown}"; there are ${names.join(', ')}.`);
}

/** The refusal of a value: where it stood, what was expected, what came. */
export function wrong(path: string, expected: string, found: unknown): ConclaveError {
  const shown = typeof found === 'string' ? `'${found.slice(0, 80)}'` : textOf(found).slice(0, 80);
  return new ConclaveError('InvalidOption', `${path} must be ${expected}, not ${shown}.`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
