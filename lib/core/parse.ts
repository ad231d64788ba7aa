import { ConclaveError, messageOf, textOf } from './errors.js';

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

/** Characters of a name that a caller gives: an id, a key. */
const SHORT_TEXT_LENGTH_MAX = 256;

/** The value as a string of 1 to 256 characters. @throws `InvalidOption` naming `path`. */
export function shortText(path: string, value: unknown): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= SHORT_TEXT_LENGTH_MAX) return value;
  throw wrong(path, `a text of 1 to ${SHORT_TEXT_LENGTH_MAX} characters`, value);
}

/** The value as a whole number of at least `least`. @throws `InvalidOption` naming `path`. */
export function whole(value: unknown, path: string, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw wrong(path, `a whole number from ${least}`, value);
}

/** A whole number within bounds. @throws `InvalidOption` naming `path` and the bounds. */
export function wholeNumber(path: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw wrong(path, `a whole number from ${least} to ${most}`, value);
}

/** A whole number within bounds, or undefined where none is given. @throws `InvalidOption` likewise. */
export function optionalWhole(path: string, value: unknown, least: number, most: number): number | undefined {
  return value === undefined ? undefined : wholeNumber(path, value, least, most);
}

/**
 * Options as they were given, each read once. A misspelt one is not one to be ignored.
 * @throws `InvalidOption` naming `path` or the name nobody knows, also where an option cannot be read.
 */
export function optionsOf<Options extends object>(
  value: Options,
  path: string,
  names: readonly string[],
): Options {
  const given = copyOf(value, path);
  if (Array.isArray(value)) throw wrong(path, 'an object', value);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown === undefined) return given;
  throw new ConclaveError(
    'InvalidOption',
    `There is no option "${unknown}"; ${path} are ${names.join(', ')}.`,
  );
}

/** The fields of an object, each read once. @throws `InvalidOption` for what is none, or has a field that throws. */
export function copyOf<Value extends object>(value: Value, path: string): Value {
  if (!isFields(value)) throw wrong(path, 'an object', value);
  return readable(path, () => ({ ...value }));
}

/** Whether a value of the user's own has the methods of a contract. @throws `InvalidOption` where one cannot be read. */
export function hasMethods(path: string, value: unknown, names: readonly string[]): boolean {
  if (!isFields(value)) return false;
  return readable(path, () => names.every((name) => typeof Reflect.get(value, name) === 'function'));
}

/** What a look at the user's own object gives: its getters, or a proxy's traps, may throw. @throws `InvalidOption`. */
export function readable<Value>(path: string, look: () => Value): Value {
  try {
    return look();
  } catch (error) {
    if (error instanceof ConclaveError) throw error;
    throw new ConclaveError('InvalidOption', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** The refusal of a value: where it stood, what was expected, what came. */
export function wrong(path: string, expected: string, found: unknown): ConclaveError {
  return new ConclaveError('InvalidOption', `${path} must be ${expected}, not ${shown(found)}.`);
}

/** As much of a value as a message needs. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value.slice(0, 80)}'` : textOf(value).slice(0, 80);
}

/** Whether a value is an object whose fields can be asked for. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
