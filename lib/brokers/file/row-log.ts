import { Deque } from '../../core/deque.js';
import { ledgerDamaged } from './ledger-errors.js';
import type { LedgerFile } from './ledger-file.js';
import type { RecordAndTexts } from './ledger-record.js';
import { decodeRow, encodeRow } from './row-body.js';
import { extentOf, type RowExtent } from './row-extent.js';

/** Characters of text in a row at most, but for a single record: the unit in which the ledger is read and compacted. */
const ROW_CHARACTERS_MAX = 2 ** 19;

/** The ledger's rows, of which the extents are known: records go in at the end, rows out at the beginning. */
export class RowLog {
  readonly #file: LedgerFile;
  readonly #name: string;
  readonly #extents = new Deque<RowExtent>();
  #lastPosition = 0;
  #bytes = 0;

  constructor(file: LedgerFile, name: string) {
    this.#file = file;
    this.#name = name;
  }

  /** Bytes of all rows. */
  get bytes(): number {
    return this.#bytes;
  }

  get lastPosition(): number {
    return this.#lastPosition;
  }

  /** From the oldest on. */
  get extents(): Iterable<RowExtent> {
    return this.#extents;
  }

  get firstPosition(): number {
    return this.#extents.peekFront()?.position ?? this.#lastPosition + 1;
  }

  /** Reads everything, oldest first. @throws `BrokerUnavailable` for a row that is damaged. */
  *replay(): IterableIterator<RecordAndTexts & { readonly position: number }> {
    for (const row of this.#file.rows()) {
      const records = decodeRow(row);
      if (records === undefined)
        throw ledgerDamaged(this.#name, `row ${row.position} is not as it was written`);
      this.#add(row.position, row.body.length, records);
      for (const each of records) yield { ...each, position: row.position };
    }
  }

  read(position: number): RecordAndTexts[] {
    const records = decodeRow(this.#file.row(position));
    if (records !== undefined) return records;
    throw ledgerDamaged(this.#name, `row ${position} is not as it was written`);
  }

  /** Adds records and drops the rows up to `dropTo`, durably and in one step; answers the bytes added. */
  append(records: readonly RecordAndTexts[], dropTo = 0): number {
    const groups = grouped(records);
    const rows = groups.map(encodeRow);
    this.#file.commit(this.#lastPosition + 1, rows, dropTo);
    while (this.firstPosition <= dropTo) this.#bytes -= this.#extents.popFront()?.bytes ?? 0;
    let bytes = 0;
    for (const [at, { body }] of rows.entries()) {
      this.#add(this.#lastPosition + 1, body.length, groups[at] ?? []);
      bytes += body.length;
    }
    return bytes;
  }

  #add(position: number, bytes: number, records: readonly RecordAndTexts[]): void {
    this.#lastPosition = position;
    this.#bytes += bytes;
    this.#extents.pushBack(
      extentOf(
        position,
        bytes,
        records.map(({ record }) => record),
      ),
    );
  }
}

/** Records by row. */
function grouped(records: readonly RecordAndTexts[]): RecordAndTexts[][] {
  const groups: RecordAndTexts[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const each of records) {
    const length = each.texts.reduce((sum, text) => sum + text.length, 0);
    if (characters + length > ROW_CHARACTERS_MAX) {
      groups.push([]);
      characters = 0;
    }
    groups.at(-1)?.push(each);
    characters += length;
  }
  return groups;
}
