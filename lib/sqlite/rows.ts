import type Libsql from 'libsql';

/** A row of unknown values, to be parsed. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** What the driver answers, as rows. */
export function rowsOf(answer: unknown): readonly SqlRow[] {
  return Array.isArray(answer) ? answer.filter(isRow) : [];
}

/** Sets a pragma and looks whether it took; if not, what was found instead, in one line. */
export function pragmaRefusal(
  database: Libsql.Database,
  pragma: string,
  value: string | number,
): string | undefined {
  database.pragma(`${pragma}=${value}`);
  const found = pragmaValue(database, pragma);
  return found === value ? undefined : `${pragma} is ${String(found)} where ${value} was set`;
}

/** What a pragma says. */
export function pragmaValue(database: Libsql.Database, pragma: string): unknown {
  return Object.values(rowsOf(database.pragma(pragma))[0] ?? {})[0];
}

function isRow(value: unknown): value is SqlRow {
  return typeof value === 'object' && value !== null;
}
