import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Libsql from 'libsql';
import { crashedCopy } from './crashed-copy.js';

/** The rows of a ledger at this moment, as text; it may be open. */
export function ledgerTexts(path: string): string[] {
  const copy = crashedCopy(path, 'counted');
  const database = new Libsql(copy);
  const found = database.prepare('SELECT body FROM journal ORDER BY position').all([]);
  const rows = found as { readonly body: ArrayBuffer }[];
  database.close();
  rmSync(dirname(copy), { recursive: true });
  return rows.map(({ body }) => Buffer.from(body).toString('utf8'));
}

/** How many rows a ledger has at this moment, and how many characters they have. */
export function ledgerRows(path: string): { readonly rows: number; readonly bytes: number } {
  const texts = ledgerTexts(path);
  return { rows: texts.length, bytes: texts.reduce((sum, text) => sum + text.length, 0) };
}
