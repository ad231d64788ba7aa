import type { MessageId } from '../../core/message.js';
import type { Encoded } from '../../core/value.js';
import type { DeadLetter } from '../contract.js';
import type { KeptProducer } from '../identities.js';
import type { NumberColumn } from './column.js';
import type { PackedEnvelopes } from './packed-envelopes.js';

/*
 * What a ledger is made of. Records of a queue are in the order of what happened; those of different queues are
 * independent of each other. All times are of the wall clock, since only that one goes on between two openings.
 */

/** A refusal on record: counts so far, when it was, and how long the message was to wait from then. */
export interface RecordedRefusal {
  readonly deliveries: number;
  readonly failures: number;
  readonly crashes: number;
  readonly atMs: number;
  readonly delayMs: number;
}

/** Messages that a queue took in, and where each stands if it was refused before it was written (again). */
export interface MessagesRecord {
  readonly kind: 'messages';
  readonly queue: string;
  /** What the ledger's seqs are more than the queue's. */
  readonly base: number;
  /** Written again for compaction: their identities stand elsewhere. */
  readonly isCarried: boolean;
  readonly seqs: NumberColumn;
  readonly atMs: NumberColumn;
  readonly envelopes: PackedEnvelopes;
  readonly refusals: readonly (readonly [seq: number, refusal: RecordedRefusal])[];
}

/** Messages that are done with. */
export interface SettledRecord {
  readonly kind: 'settled';
  readonly queue: string;
  readonly seqs: readonly number[];
}

/** Messages that came back. */
export interface RefusedRecord {
  readonly kind: 'refused';
  readonly queue: string;
  readonly refusals: readonly (readonly [seq: number, refusal: RecordedRefusal])[];
}

/** Messages that found no room, which may come again. */
export interface FullRecord {
  readonly kind: 'full';
  readonly queue: string;
  readonly producer: string;
  readonly seqs: readonly number[];
}

/** Dead letters, each with its number in the order of burial. */
export interface LettersRecord {
  readonly kind: 'letters';
  readonly queue: string;
  readonly letters: readonly (readonly [number: number, letter: DeadLetter])[];
}

/** Ids of callers' own, carried until they are forgotten. */
export interface IdsRecord {
  readonly kind: 'ids';
  readonly queue: string;
  readonly ids: readonly (readonly [seq: number, id: MessageId, atMs: number])[];
}

/** Where a queue stood: what earlier records say of its numbers and producers is contained in it. */
export interface StandingRecord {
  readonly kind: 'standing';
  readonly queue: string;
  /** The last seq before the queue was purged; those of the ledger go on. */
  readonly base: number;
  readonly seq: number;
  readonly letters: number;
  /** Dead letters before the queue was purged. */
  readonly lettersBase: number;
  readonly producers: readonly KeptProducer[];
}

/** The queue began anew. */
export interface PurgedRecord {
  readonly kind: 'purged';
  readonly queue: string;
  readonly base: number;
  readonly lettersBase: number;
}

/** Answers to tasks; their outcomes are in the row's text. */
export interface AnswersRecord {
  readonly kind: 'answers';
  readonly answers: readonly KeptAnswer[];
}

/** An answer as it is kept, without its outcome. */
export interface KeptAnswer {
  readonly place: number;
  readonly id: MessageId;
  readonly asker: string | null;
  readonly atMs: number;
  /** Characters of the outcome. */
  readonly length: number;
}

export type LedgerRecord =
  | MessagesRecord
  | SettledRecord
  | RefusedRecord
  | FullRecord
  | LettersRecord
  | IdsRecord
  | StandingRecord
  | PurgedRecord
  | AnswersRecord;

/** A record and the texts that go with it: payloads or outcomes, one after the other. */
export interface RecordAndTexts {
  readonly record: LedgerRecord;
  readonly texts: readonly Encoded[];
}
