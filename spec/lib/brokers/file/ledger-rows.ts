import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Libsql from 'libsql';
import { crashedCopy } from './crashed-copy.js';

/** How many rows a ledger has at this moment, and how many bytes they have; it may be open. */
export function ledgerRows(path: string): { readonly rows: number; readonly bytes: number } {
  const copy = crashedCopy(path, 'counted');
  const database = new Libsql(copy);
  const counted: unknown = database
    .prepare('SELECT count(*) AS rows, coalesce(sum(length(body)), 0) AS bytes FROM journal')
    .get([]);
  database.close();
  rmSync(dirname(copy), { recursive: true });
  const { rows, bytes } = counted as { readonly rows: number; readonly bytes: number };
  return { rows, bytes };
}
