import { crc32 } from 'node:zlib';
import type { Encoded } from '../../core/value.js';
import { cell } from './column.js';
import type { LedgerRecord, RecordAndTexts } from './ledger-record.js';

/*
 * A row of the ledger, as bytes: its records as JSON, which holds no raw line break, then all their texts, of which
 * the records know the lengths.
 *
 *     [{"kind":"messages","queue":"tasks",…},{"kind":"settled",…}]\n{"n":12}{"n":13}…
 */

/** A row's bytes and their checksum: SQLite has none on its pages. */
export interface RowBody {
  readonly body: Buffer;
  readonly checksum: number;
}

/** The row that holds these records. */
export function encodeRow(records: readonly RecordAndTexts[]): RowBody {
  const head = JSON.stringify(records.map(({ record }) => record));
  const body = Buffer.from(`${head}\n${records.map(({ texts }) => texts.join('')).join('')}`);
  return { body, checksum: crc32(body) };
}

/** The records of a row; undefined for one that is not as it was written. */
export function decodeRow({ body, checksum }: RowBody): RecordAndTexts[] | undefined {
  if (crc32(body) !== checksum) return undefined;
  const text = body.toString('utf8');
  const end = text.indexOf('\n');
  // The checksum and the schema's version have said that a release of this layout wrote it.
  const records: LedgerRecord[] = JSON.parse(text.slice(0, end));
  let at = end + 1;
  return records.map((record) => {
    const texts: Encoded[] = [];
    forEachLength(record, (length) => {
      texts.push(text.slice(at, at + length) as Encoded);
      at += length;
    });
    return { record, texts };
  });
}

function forEachLength(record: LedgerRecord, visit: (length: number) => void): void {
  if (record.kind === 'messages') {
    const { count, length } = record.envelopes;
    for (let at = 0; at < count; at += 1) visit(cell(length, at));
  }
  if (record.kind === 'answers') for (const { length } of record.answers) visit(length);
}
