import type { Encoded } from '../../core/value.js';
import { cell, columnOf, numberCell, numbersOf } from './column.js';
import type {
  AnswersRecord,
  IdsRecord,
  LedgerRecord,
  LettersRecord,
  MessagesRecord,
  RecordAndTexts,
} from './ledger-record.js';
import { packEnvelopes, unpackEnvelopes } from './packed-envelopes.js';
import type { QueueLog } from './queue-log.js';

/** What tells whether something in a row is still needed. */
export interface Needs {
  /** The queue, if it is there. */
  readonly logOf: (queue: string) => QueueLog | undefined;
  readonly isIdRemembered: (log: QueueLog, seq: number, id: string, atMs: number) => boolean;
  readonly isLetterKept: (log: QueueLog, number: number) => boolean;
  readonly isAnswerKept: (place: number) => boolean;
}

/** What is to be written again of a row's records, so that the row can go. */
export function carry(records: readonly RecordAndTexts[], needs: Needs): RecordAndTexts[] {
  return records.flatMap(({ record, texts }) => {
    if (record.kind === 'answers') return carryAnswers(record, texts, needs);
    const log = needs.logOf(record.queue);
    if (log === undefined) return [];
    if (record.kind === 'messages') return carryMessages(record, texts, log, needs);
    if (record.kind === 'ids') return carryIds(record, log, needs);
    if (record.kind === 'letters') return carryLetters(record, log, needs);
    // What is left tells of messages that stood in earlier rows, and of where the queue stood.
    return [];
  });
}

function carryMessages(
  record: MessagesRecord,
  texts: readonly Encoded[],
  log: QueueLog,
  needs: Needs,
): RecordAndTexts[] {
  const all = texts.map((text, at) => ({
    seq: numberCell(record.seqs, at),
    atMs: numberCell(record.atMs, at),
    at,
    text,
  }));
  const ownIds = record.isCarried || record.envelopes.id === undefined ? undefined : record.envelopes.id;
  const ids: IdsRecord = {
    kind: 'ids',
    queue: record.queue,
    ids: ownIds === undefined ? [] : all.map(({ seq, atMs, at }) => [seq, cell(ownIds, at), atMs] as const),
  };
  const live = all.filter(({ seq }) => log.live.get(seq) !== undefined);
  const unpacked = unpackEnvelopes(record.envelopes, texts);
  const envelopes = live.flatMap(({ at }) => unpacked[at] ?? []);
  const refusals = live.flatMap(({ seq }) => {
    const refusal = log.live.get(seq);
    return refusal === undefined || refusal === 'never refused' ? [] : [[seq, refusal] as const];
  });
  const carried: MessagesRecord = {
    kind: 'messages',
    queue: record.queue,
    base: record.base,
    isCarried: true,
    seqs: numbersOf(live, ({ seq }) => seq),
    atMs: columnOf(live, ({ atMs }) => atMs),
    envelopes: packEnvelopes(envelopes),
    refusals,
  };
  const messages = live.length === 0 ? [] : [{ record: carried, texts: live.map(({ text }) => text) }];
  return [...messages, ...carryIds(ids, log, needs)];
}

function carryIds(record: IdsRecord, log: QueueLog, needs: Needs): RecordAndTexts[] {
  const ids = record.ids.filter(([seq, id, atMs]) => needs.isIdRemembered(log, seq, id, atMs));
  return ids.length === 0 ? [] : [bare({ ...record, ids })];
}

function carryLetters(record: LettersRecord, log: QueueLog, needs: Needs): RecordAndTexts[] {
  const letters = record.letters.filter(([number]) => needs.isLetterKept(log, number));
  return letters.length === 0 ? [] : [bare({ ...record, letters })];
}

function carryAnswers(record: AnswersRecord, texts: readonly Encoded[], needs: Needs): RecordAndTexts[] {
  const kept = record.answers.flatMap((answer, at) => {
    const text = texts[at];
    return text !== undefined && needs.isAnswerKept(answer.place) ? [{ answer, text }] : [];
  });
  if (kept.length === 0) return [];
  const answers = kept.map(({ answer }) => answer);
  return [{ record: { kind: 'answers', answers }, texts: kept.map(({ text }) => text) }];
}

function bare(record: LedgerRecord): RecordAndTexts {
  return { record, texts: [] };
}
