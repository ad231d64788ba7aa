import { readFileSync, writeFileSync } from 'node:fs';
import type { RowResult } from './row.js';

/** A row as it was measured, with the suite that it is of. */
export interface MeasuredRow extends RowResult {
  readonly suite: string;
}

/** What was measured last, of every suite: what the README shows. */
export interface Measured {
  readonly machine: string;
  readonly rows: readonly MeasuredRow[];
}

/**
 * Puts new rows to those of before: in place of the row of the same name, or all of a suite at once where the whole of
 * it was played, so that rows which are no more do not stay.
 */
export function merged(
  { rows: old }: Measured,
  { machine, rows }: Measured,
  wholeSuites: readonly string[],
): Measured {
  const fresh = new Map(rows.map((row) => [row.name, row]));
  const kept = old.flatMap((row) => {
    const next = fresh.get(row.name);
    fresh.delete(row.name);
    if (next !== undefined) return [next];
    return wholeSuites.includes(row.suite) ? [] : [row];
  });
  return { machine, rows: [...kept, ...fresh.values()] };
}

/** A line for the machine, and one a row. @throws where the file is not as it was written. */
export function readMeasured(path: string): Measured {
  const [head = '{}', ...lines] = readFileSync(path, 'utf8').trim().split('\n');
  const { machine } = JSON.parse(head) as Pick<Measured, 'machine'>;
  return { machine, rows: lines.map((line) => JSON.parse(line) as MeasuredRow) };
}

export function writeMeasured(path: string, { machine, rows }: Measured): void {
  const lines = [{ machine }, ...rows].map((line) => JSON.stringify(line));
  writeFileSync(path, `${lines.join('\n')}\n`);
}
