import { ConclaveError } from 'conclave';

/** Reads a plain value that came from elsewhere; throws, naming the path, when it is not what was expected. */
export type Parser<T> = (value: unknown, path: string) => T;

/** A string. */
export const text: Parser<string> = (value, path) =>
  typeof value === 'string' ? value : refuse('a string', value, path);

/** A finite number. */
export const number: Parser<number> = (value, path) =>
  typeof value === 'number' && Number.isFinite(value) ? value : refuse('a number', value, path);

/** One of a few words. */
export function oneOf<const Word extends string>(words: readonly Word[]): Parser<Word> {
  return (value, path) =>
    words.find((word) => word === value) ?? refuse(`one of ${words.join(', ')}`, value, path);
}

/** A list, every item of one kind. */
export function listOf<T>(item: Parser<T>): Parser<readonly T[]> {
  return (value, path) =>
    Array.isArray(value)
      ? value.map((entry, index) => item(entry, `${path}[${index}]`))
      : refuse('a list', value, path);
}

/** An object that holds these keys; others are left behind. */
export function shape<T extends object>(keys: { readonly [Key in keyof T]: Parser<T[Key]> }): Parser<T> {
  return (value, path) => {
    if (typeof value !== 'object' || value === null) return refuse('an object', value, path);
    const parsed: Partial<T> = {};
    for (const key in keys) parsed[key] = keys[key](Reflect.get(value, key), `${path}.${key}`);
    return isWhole(parsed, keys) ? parsed : refuse('a whole object', value, path);
  };
}

function isWhole<T extends object>(parsed: Partial<T>, keys: object): parsed is T {
  return Object.keys(keys).every((key) => key in parsed);
}

function refuse(expected: string, value: unknown, path: string): never {
  throw new ConclaveError(
    'HandlerFailed',
    `${path} should be ${expected}, but is ${value === null ? 'null' : typeof value}: another agent answered in a ` +
      'different form. Run agents of one version together.',
  );
}
