import { ConclaveError, messageOf } from './errors.js';

declare const brand: unique symbol;

/** What may cross between agents: JSON values and `Uint8Array`, the same in every isolation. */
export type Plain =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** A value as JSON text, made by `encode` alone: checked, immutable, and cheap to hold and to pass on. */
export type Encoded = string & { readonly [brand]: 'Encoded' };

/*
 * Three values have no JSON of their own and travel as an object with one reserved key; a user's own key that
 * looks like one gains a `$`:
 *   Uint8Array  {"$bytes":"<base64>"}      nothing at the top  {"$undefined":true}      -0  {"$minus":0}
 *   {"$bytes":1}  {"$$bytes":1}
 */
const BYTES = '$bytes';
const MINUS = '$minus';
const NOTHING = '{"$undefined":true}' as Encoded;
/** Keys that are written with one `$` more than they have. */
export const RESERVED = /^\$+(bytes|minus|undefined)$/;
const MARK = '"$';
const DEPTH_MAX = 500;
/** Stands for an ancestor that is not known. */
const NOBODY = {};

/** A walk through a value: where it is, and how much more there may be. */
interface Walk {
  readonly root: string;
  readonly ancestors: object[];
  readonly bytesMax: number;
  bytesLeft: number;
}

/**
 * Checks that a value is plain and turns it into text. A handler that returns nothing gives `undefined`, which
 * is allowed at the top alone. The walk gives up once the text is bound to be twice as long as `bytesMax`, before
 * there is any; what passes is counted by whoever holds others to that limit, and can then be told exactly.
 * @throws `NotSerializable` naming the path of the first thing that cannot cross, as `payload.a[3]`;
 * `MessageTooLarge`.
 */
export function encode(
  value: unknown,
  root = 'payload',
  bytesMax: number = Number.POSITIVE_INFINITY,
): Encoded {
  if (value === undefined) return NOTHING;
  try {
    const needsEscape = inspect(value, root, { root, ancestors: [], bytesMax, bytesLeft: 2 * bytesMax });
    return JSON.stringify(needsEscape ? escapeValue(value) : value) as Encoded;
  } catch (error) {
    throw error instanceof ConclaveError ? error : unreadable(root, error);
  }
}

/**
 * A value within another, as `encode` would write it there.
 * @throws `NotSerializable` or `MessageTooLarge`; which of all is told by encoding the whole.
 */
export function encodePart(value: object, bytesMax: number, depth: number): Encoded {
  const walk = {
    root: '',
    ancestors: new Array<object>(depth).fill(NOBODY),
    bytesMax,
    bytesLeft: 2 * bytesMax,
  };
  return JSON.stringify(inspect(value, '', walk) ? escapeValue(value) : value) as Encoded;
}

/** A character is at most so many bytes of UTF-8, so that most values need no counting. */
const CHARACTER_BYTES_MAX = 3;

/**
 * `encode`, for whoever keeps to `bytesMax` to the byte.
 * @throws `NotSerializable` naming the path, `MessageTooLarge` above `bytesMax`.
 */
export function encodeWithin(value: unknown, root: string, bytesMax: number): Encoded {
  const encoded = encode(value, root, bytesMax);
  if (encoded.length * CHARACTER_BYTES_MAX <= bytesMax) return encoded;
  const bytes = Buffer.byteLength(encoded);
  if (bytes <= bytesMax) return encoded;
  throw new ConclaveError(
    'MessageTooLarge',
    `The ${root} is ${bytes} bytes encoded; at most ${bytesMax} cross (payloadBytesMax). Send a reference to the data instead.`,
  );
}

/** The value again, a fresh copy on each call. */
export function decode(encoded: Encoded): unknown {
  if (encoded === NOTHING) return undefined;
  const value: unknown = JSON.parse(encoded);
  return mayHoldEscapes(encoded) ? unescapeValue(value) : value;
}

/** Whether text that `encode` made could hold bytes or escaped keys; false is certain, true costs a walk. */
export function mayHoldEscapes(text: string): boolean {
  return text.includes(MARK);
}

/** Undoes the escapes in a value parsed from encoded text. */
export function unescapeValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unescapeValue);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) {
    if (only[0] === BYTES && typeof only[1] === 'string')
      return new Uint8Array(Buffer.from(only[1], 'base64'));
    if (only[0] === MINUS) return -0;
    if (only[0] === '$undefined') return undefined;
  }
  return Object.fromEntries(
    entries.map(([key, item]) => [RESERVED.test(key) ? key.slice(1) : key, unescapeValue(item)]),
  );
}

function escapeValue(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return { [BYTES]: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  }
  if (Object.is(value, -0)) return { [MINUS]: 0 };
  if (Array.isArray(value)) return value.map(escapeValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [RESERVED.test(key) ? `$${key}` : key, escapeValue(item)]),
  );
}

/** Walks the value; true if anything in it must be escaped. */
function inspect(value: unknown, path: string, walk: Walk): boolean {
  switch (typeof value) {
    case 'string':
      spend(value.length + 2, walk);
      return false;
    case 'boolean':
      spend(4, walk);
      return false;
    case 'number':
      if (!Number.isFinite(value)) throw notSerializable(path, `the number ${value}`);
      spend(1, walk);
      return Object.is(value, -0);
    case 'object':
      return value !== null && inspectObject(value, path, walk);
    default:
      throw notSerializable(path, value === undefined ? 'undefined' : `a ${typeof value}`);
  }
}

function inspectObject(value: object, path: string, walk: Walk): boolean {
  if (value instanceof Uint8Array) {
    spend(value.byteLength, walk);
    return true;
  }
  const { ancestors } = walk;
  if (ancestors.includes(value)) throw notSerializable(path, 'a cycle back to one of its own ancestors');
  if (ancestors.length >= DEPTH_MAX) throw notSerializable(path, `nesting deeper than ${DEPTH_MAX}`);
  spend(2, walk);
  ancestors.push(value);
  const needsEscape = Array.isArray(value)
    ? inspectArray(value, path, walk)
    : inspectRecord(value, path, walk);
  ancestors.pop();
  return needsEscape;
}

function inspectArray(items: readonly unknown[], path: string, walk: Walk): boolean {
  if (Object.getPrototypeOf(items) !== Array.prototype) throw notSerializable(path, describeClass(items));
  let needsEscape = false;
  for (let index = 0; index < items.length; index += 1) {
    if (inspect(items[index], `${path}[${index}]`, walk)) needsEscape = true;
  }
  return needsEscape;
}

function inspectRecord(value: object, path: string, walk: Walk): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw notSerializable(path, describeClass(value));
  if (Object.getOwnPropertySymbols(value).length > 0)
    throw notSerializable(path, 'an object with a symbol key');
  let needsEscape = false;
  for (const key of Object.keys(value)) {
    if (RESERVED.test(key)) needsEscape = true;
    spend(key.length + 3, walk);
    const place = `${path}.${key}`;
    if (inspect(fieldOf(value, key, place), place, walk)) needsEscape = true;
  }
  return needsEscape;
}

function fieldOf(value: object, key: string, path: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** A value that names one part many times over is small in memory, and has no end as text. */
function spend(bytes: number, walk: Walk): void {
  walk.bytesLeft -= bytes;
  if (walk.bytesLeft >= 0) return;
  throw new ConclaveError(
    'MessageTooLarge',
    `The ${walk.root} is more than ${walk.bytesMax} bytes encoded, and no more cross (payloadBytesMax). ` +
      'Send a reference to the data instead.',
  );
}

function describeClass(value: object): string {
  const name = value.constructor?.name;
  return name === undefined || name === '' ? 'an object of an unknown class' : `an instance of ${name}`;
}

function notSerializable(path: string, found: string): ConclaveError {
  return new ConclaveError(
    'NotSerializable',
    `${path} is ${found}; only JSON values and Uint8Array cross between agents, in every isolation. ` +
      'Send plain data, or leave the key out.',
  );
}

function unreadable(path: string, cause: unknown): ConclaveError {
  return new ConclaveError(
    'NotSerializable',
    `${path} cannot be read: ${messageOf(cause)}. Send plain data, without getters or proxies that throw.`,
    { cause },
  );
}
