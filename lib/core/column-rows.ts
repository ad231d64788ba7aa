import { unescapeValue } from './value.js';

/** An assignment to this key would set the prototype instead. */
export const UNASSIGNABLE = '__proto__';

type Row = Record<string, unknown>;

/**
 * The values of a column parsed from its text. Objects are made anew, all with the keys in the same order.
 * @throws `TypeError` for what `ColumnWriter` did not make.
 */
export function rowsOf(column: unknown, mayBeEscaped: boolean): unknown[] {
  if (Array.isArray(column)) return mayBeEscaped ? column.map(unescapeValue) : column;
  const { keys, fields } = recordsOf(column);
  const columns = fields.map((field) => rowsOf(field, mayBeEscaped));
  const length = columns[0]?.length ?? 0;
  if (columns.some((each) => each.length !== length)) throw malformed('columns of different lengths');
  const rows: Row[] = [];
  for (let row = 0; row < length; row += 1) rows.push({});
  for (let from = 0; from < keys.length; from += KEYS_AT_ONCE)
    fill(rows, keys.slice(from, from + KEYS_AT_ONCE), columns.slice(from, from + KEYS_AT_ONCE));
  return rows;
}

const KEYS_AT_ONCE = 8;
const NO_KEY = '';
const NO_COLUMN: readonly unknown[] = [];

/**
 * Adds these keys to all rows, in order. Written out, as each place that always sees the same key is six times faster
 * than one that sees all of them.
 */
function fill(rows: readonly Row[], keys: readonly string[], columns: readonly (readonly unknown[])[]): void {
  const [
    k0 = NO_KEY,
    k1 = NO_KEY,
    k2 = NO_KEY,
    k3 = NO_KEY,
    k4 = NO_KEY,
    k5 = NO_KEY,
    k6 = NO_KEY,
    k7 = NO_KEY,
  ] = keys;
  const [c0 = NO_COLUMN, c1 = NO_COLUMN, c2 = NO_COLUMN, c3 = NO_COLUMN] = columns;
  const [, , , , c4 = NO_COLUMN, c5 = NO_COLUMN, c6 = NO_COLUMN, c7 = NO_COLUMN] = columns;
  const count = keys.length;
  let at = 0;
  for (const row of rows) {
    row[k0] = c0[at];
    if (count > 1) row[k1] = c1[at];
    if (count > 2) row[k2] = c2[at];
    if (count > 3) row[k3] = c3[at];
    if (count > 4) row[k4] = c4[at];
    if (count > 5) row[k5] = c5[at];
    if (count > 6) row[k6] = c6[at];
    if (count > 7) row[k7] = c7[at];
    at += 1;
  }
}

function recordsOf(column: unknown): {
  readonly keys: readonly string[];
  readonly fields: readonly unknown[];
} {
  if (typeof column !== 'object' || column === null) throw malformed('neither a list nor records');
  const [keys, fields]: unknown[] = [Reflect.get(column, 'keys'), Reflect.get(column, 'fields')];
  if (!Array.isArray(keys) || !Array.isArray(fields)) throw malformed('records without keys or fields');
  if (keys.length === 0 || keys.length !== fields.length) throw malformed('not a field for each key');
  if (!keys.every(isAssignable)) throw malformed('a key that none can have');
  return { keys, fields };
}

function isAssignable(key: unknown): key is string {
  return typeof key === 'string' && key !== UNASSIGNABLE;
}

function malformed(what: string): TypeError {
  return new TypeError(`A text of columns has ${what}: whoever made it is another version, or broken.`);
}
