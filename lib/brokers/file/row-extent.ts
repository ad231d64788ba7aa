import { numberCell } from './column.js';
import type { LedgerRecord, MessagesRecord } from './ledger-record.js';

/** What a row may still be needed for, so that it can be dropped without being read. */
export interface RowExtent {
  readonly position: number;
  readonly bytes: number;
  /** Messages, from seq to seq. */
  readonly spans: readonly { readonly queue: string; readonly first: number; readonly last: number }[];
  /** Queues of whose producers or numbers it tells: their standing must be told again once it goes. */
  readonly queues: ReadonlySet<string>;
  /** When the last of its callers' own ids was accepted; undefined: it has none. */
  readonly idsAtMs: number | undefined;
  /** The last dead letter of each queue. */
  readonly letters: readonly { readonly queue: string; readonly last: number }[];
  /** The place of its last answer; 0: it has none. */
  readonly answersLast: number;
}

/** The extent of a row that holds these records. */
export function extentOf(position: number, bytes: number, records: readonly LedgerRecord[]): RowExtent {
  const messages = records.filter((record) => record.kind === 'messages');
  const answers = records.flatMap((record) => (record.kind === 'answers' ? record.answers : []));
  return {
    position,
    bytes,
    spans: messages.map(spanOf),
    queues: new Set(records.flatMap((record) => ('queue' in record ? [record.queue] : []))),
    idsAtMs: youngestIdMs(records),
    letters: records.flatMap((record) => {
      const last = record.kind === 'letters' ? record.letters.at(-1) : undefined;
      return last === undefined || !('queue' in record) ? [] : [{ queue: record.queue, last: last[0] }];
    }),
    answersLast: answers.at(-1)?.place ?? 0,
  };
}

function spanOf({ queue, seqs, envelopes }: MessagesRecord): RowExtent['spans'][number] {
  return { queue, first: numberCell(seqs, 0), last: numberCell(seqs, envelopes.count - 1) };
}

function youngestIdMs(records: readonly LedgerRecord[]): number | undefined {
  let youngestMs: number | undefined;
  const see = (atMs: number | undefined) => {
    if (atMs !== undefined) youngestMs = Math.max(youngestMs ?? atMs, atMs);
  };
  for (const record of records) {
    if (record.kind === 'messages' && !record.isCarried && record.envelopes.id !== undefined) {
      see(numberCell(record.atMs, record.envelopes.count - 1));
    }
    if (record.kind === 'ids') for (const [, , atMs] of record.ids) see(atMs);
  }
  return youngestMs;
}
