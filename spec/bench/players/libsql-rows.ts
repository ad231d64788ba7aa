import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { isFields } from '../../../lib/core/parse.js';
import { expectSame, type Play, perSecond } from '../play.js';
import { chunksOf, type FileSetting, PADDING } from './work.js';

/* What libsql itself can insert: a row a message by one prepared statement, a durable transaction a call. */
export const plays = {
  insert: async ({ messages, publishBy }: FileSetting): Promise<Play> => {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-bench-'));
    const db = new Database(join(folder, 'rows.db'));
    db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL');
    db.exec('CREATE TABLE message (seq INTEGER PRIMARY KEY, payload TEXT NOT NULL) STRICT');
    const insert = db.prepare('INSERT INTO message (payload) VALUES (?)');
    const count = db.prepare('SELECT count(*) AS held FROM message');
    return {
      round: async () => {
        const figure = await perSecond(messages, async () => {
          for (const chunk of chunksOf(messages, publishBy)) {
            db.exec('BEGIN IMMEDIATE');
            for (const n of chunk) insert.run([JSON.stringify({ n, padding: PADDING })]);
            db.exec('COMMIT');
          }
        });
        expectSame('rows', heldOf(count.get([])), messages);
        db.exec('DELETE FROM message');
        return figure;
      },
      close: async () => {
        db.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

function heldOf(row: unknown): unknown {
  return isFields(row) ? row.held : undefined;
}
