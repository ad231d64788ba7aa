import { rowsOf, UNASSIGNABLE } from './column-rows.js';
import { type Encoded, encodePart, encodeWithin, mayHoldEscapes, RESERVED } from './value.js';

/*
 * Many values as one JSON text. What is the same for all is said once:
 *
 *     1, 2, 3                                [1,2,3]
 *     { n: 1, s: 'a' }, { n: 2, s: 'b' }     {"keys":["n","s"],"fields":[[1,2],["a","b"]]}
 *     { n: 1 }, { m: 2 }, 3                  [{"n":1},{"m":2},3]
 *
 * A field is a column again. A column whose values are not all of one shape holds them one by one, as `encode` does;
 * so a value of another shape costs its own column its speed, and no other.
 */

/** Objects within objects that get columns of their own; what lies deeper is encoded value by value. */
const COLUMN_DEPTH_MAX = 4;
/** Fields of a record in columns: far more are a table, whose keys differ from value to value. */
const FIELDS_MAX = 64;

/** What stands for values that have no JSON of their own, as `encode` writes them. */
const NOTHING = Object.freeze({ $undefined: true });
const MINUS_ZERO = Object.freeze({ $minus: 0 });

/** A value that a column does not take; no comparison with it is true. */
const REFUSED = Number.NaN;
/** Bytes of JSON text at most: of a number, of a boolean or null, of a character, of the quotes around a text. */
const NUMBER_BYTES_MAX = 25;
const WORD_BYTES_MAX = 5;
const CHARACTER_BYTES_MAX = 6;
const UTF8_BYTES_MAX = 3;
const QUOTES_BYTES = 2;

/**
 * Values as one text, each within `bytesMax` by itself. `decodeColumns` gives what `decode` would of each one's `encode`.
 * @throws what `encode` throws of the first that cannot cross; `MessageTooLarge` for one above `bytesMax`.
 */
export function encodeColumns(
  values: readonly unknown[],
  root = 'payload',
  bytesMax: number = Number.POSITIVE_INFINITY,
): Encoded {
  const writer = new ColumnWriter(root, bytesMax);
  for (const value of values) writer.push(value);
  return writer.take();
}

/**
 * The values again, fresh copies on each call.
 * @throws `SyntaxError` or `TypeError` for a text that `ColumnWriter` did not make.
 */
export function decodeColumns(text: Encoded): unknown[] {
  const parsed: unknown = JSON.parse(text);
  return rowsOf(parsed, mayHoldEscapes(text));
}

/** Values that `encode` made into texts before, as the one text that `decodeColumns` reads. */
export function listOf(values: readonly Encoded[]): Encoded {
  return `[${values.join(',')}]` as Encoded;
}

/** Takes values one by one, each as it is at that moment, and gives them as one text. */
export class ColumnWriter {
  readonly #root: string;
  readonly #bytesMax: number;
  #column: Column;
  #length = 0;
  #bytes = 0;

  /** `root` is what errors call a value; `bytesMax` holds for each by itself. */
  constructor(root = 'payload', bytesMax: number = Number.POSITIVE_INFINITY) {
    this.#root = root;
    this.#bytesMax = bytesMax;
    this.#column = new Column(0, bytesMax);
  }

  /** Values since the last `take`. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that the text will have at most, by a rough count. */
  get bytesAtMost(): number {
    return this.#bytes;
  }

  /** Adds a value. @throws what `encode` throws, `MessageTooLarge`; then nothing was added. */
  push(value: unknown): void {
    const bytes = this.#tryPush(value);
    if (bytes <= this.#bytesMax) this.#bytes += bytes;
    else this.#pushText(value);
    this.#length += 1;
  }

  /** The text of all values since the last call; the next ones begin anew. */
  take(): Encoded {
    const text = this.#column.text() as Encoded;
    this.#column = new Column(0, this.#bytesMax);
    this.#length = 0;
    this.#bytes = 0;
    return text;
  }

  #tryPush(value: unknown): number {
    if (value === undefined) return this.#column.pushPlain(NOTHING, JSON.stringify(NOTHING).length);
    try {
      return this.#column.push(value);
    } catch {
      return REFUSED; // encoding it by itself says what is wrong, and where
    }
  }

  #pushText(value: unknown): void {
    this.#column.truncate(this.#length);
    const text = encodeWithin(value, this.#root, this.#bytesMax);
    this.#bytes += this.#column.pushText(text);
  }
}

/** What all values of a column are. */
type Kind = 'empty' | 'plain' | 'records' | 'texts';

/** The values at one place of all rows. */
class Column {
  readonly #depth: number;
  readonly #bytesMax: number;
  #kind: Kind = 'empty';
  /** Of `plain`: values that JSON can write as they are; of `texts`: their texts. */
  #items: unknown[] = [];
  /** Of `records`, in their order. */
  #keys: readonly string[] = [];
  #fields: readonly Column[] = [];
  #keysBytes = 0;
  #length = 0;

  constructor(depth: number, bytesMax: number) {
    this.#depth = depth;
    this.#bytesMax = bytesMax;
  }

  /** Adds a value; answers the bytes of its text at most, or `REFUSED`, when it may have been added in part. */
  push(value: unknown): number {
    switch (typeof value) {
      case 'number':
        if (value === 0 && Object.is(value, -0)) return this.pushPlain(MINUS_ZERO, NUMBER_BYTES_MAX);
        return Number.isFinite(value) ? this.pushPlain(value, NUMBER_BYTES_MAX) : REFUSED;
      case 'string':
        return this.pushPlain(value, value.length * CHARACTER_BYTES_MAX + QUOTES_BYTES);
      case 'boolean':
        return this.pushPlain(value, WORD_BYTES_MAX);
      case 'object':
        return value === null ? this.pushPlain(value, WORD_BYTES_MAX) : this.#pushObject(value);
      default:
        return REFUSED;
    }
  }

  /** Adds what JSON can write as it is. */
  pushPlain(value: unknown, bytes: number): number {
    if (this.#kind === 'plain') this.#items.push(value);
    else if (this.#kind === 'empty') {
      this.#kind = 'plain';
      this.#items.push(value);
    } else this.#becomeTexts().push(JSON.stringify(value));
    this.#length += 1;
    return bytes;
  }

  /** Adds a value by the text that `encode` made of it. */
  pushText(text: string): number {
    this.#becomeTexts().push(text);
    this.#length += 1;
    return text.length * UTF8_BYTES_MAX;
  }

  /** Forgets what came after the first `length` values, and of none also their shape. */
  truncate(length: number): void {
    if (length === 0) this.#kind = 'empty';
    if (this.#items.length > length) this.#items.length = length;
    for (const field of this.#fields) field.truncate(length);
    this.#length = length;
  }

  text(): string {
    switch (this.#kind) {
      case 'plain':
        return JSON.stringify(this.#items);
      case 'records':
        return `{"keys":${JSON.stringify(this.#keys)},"fields":[${this.#fields.map((field) => field.text()).join(',')}]}`;
      default:
        return `[${this.#items.join(',')}]`;
    }
  }

  #pushObject(value: object): number {
    if (this.#kind === 'empty') this.#adopt(value);
    if (this.#kind === 'records' && isRecord(value)) {
      const bytes = this.#pushFields(value);
      if (bytes !== MISMATCH) return bytes;
    }
    return this.pushText(encodePart(value, this.#bytesMax, this.#depth));
  }

  /** The first value says which fields there are. */
  #adopt(value: object): void {
    if (this.#depth === COLUMN_DEPTH_MAX || !isRecord(value)) return;
    const keys = Object.keys(value);
    if (keys.length === 0 || keys.length > FIELDS_MAX || keys.includes(UNASSIGNABLE)) return;
    this.#kind = 'records';
    this.#keys = keys;
    this.#keysBytes = 0;
    this.#fields = keys.map(() => new Column(this.#depth + 1, this.#bytesMax));
    for (const key of keys) this.#keysBytes += key.length * CHARACTER_BYTES_MAX + QUOTES_BYTES + 2;
  }

  #pushFields(value: Readonly<Record<string, unknown>>): number {
    const keys = this.#keys;
    let at = 0;
    let bytes = this.#keysBytes;
    // The fastest way through an object that there is; what it inherits has another key than expected.
    for (const key in value) {
      const field = this.#fields[at];
      if (field === undefined || key !== keys[at]) return MISMATCH;
      bytes += field.push(value[key]);
      if (!(bytes <= this.#bytesMax)) return REFUSED;
      at += 1;
    }
    if (at < keys.length) return MISMATCH;
    this.#length += 1;
    return bytes;
  }

  #becomeTexts(): unknown[] {
    if (this.#kind !== 'texts') {
      this.#items = this.#texts();
      this.#kind = 'texts';
      this.#fields = [];
    }
    return this.#items;
  }

  /** Each value as `encode` would write it. */
  #texts(): unknown[] {
    if (this.#kind === 'plain') return this.#items.map((item) => JSON.stringify(item));
    if (this.#kind !== 'records') return this.#items;
    const keys = this.#keys.map((key) => `${JSON.stringify(RESERVED.test(key) ? `$${key}` : key)}:`);
    const columns = this.#fields.map((field) => field.#texts());
    return Array.from({ length: this.#length }, (_, row) => {
      return `{${keys.map((key, at) => `${key}${columns[at]?.[row]}`).join(',')}}`;
    });
  }
}

/** Another shape than the column has. */
const MISMATCH = -1;

/** Whether an object may have columns: a plain one without symbols. */
function isRecord(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.getOwnPropertySymbols(value).length === 0;
}
