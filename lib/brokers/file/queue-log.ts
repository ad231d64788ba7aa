import { type Envelope, hasProducedId } from '../../core/message.js';
import type { DeadLetter } from '../contract.js';
import type { Identities } from '../identities.js';
import type { DeliveryCounts, QueueJournal } from '../queue-journal.js';
import type {
  FullRecord,
  LettersRecord,
  RecordAndTexts,
  RecordedRefusal,
  RefusedRecord,
  SettledRecord,
  StandingRecord,
} from './ledger-record.js';
import { finite, packEnvelopes } from './packed-envelopes.js';
import { SeqTable } from './seq-table.js';

/** Messages of one record at most, and characters of their payloads: the unit in which the ledger is read and compacted. */
const RECORD_MESSAGES_MAX = 1_024;
const RECORD_CHARACTERS_MAX = 2 ** 19;

/** Messages taken in and not written yet. */
interface MessagesDraft {
  readonly kind: 'messages';
  readonly firstSeq: number;
  readonly envelopes: Envelope[];
  characters: number;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key] };
type Draft =
  | MessagesDraft
  | Writable<SettledRecord>
  | Writable<RefusedRecord>
  | Writable<FullRecord>
  | Writable<LettersRecord>;

/**
 * One queue's part of the ledger: what is in it now, and what has happened since the last commit, in order. What
 * follows upon its like goes into one record.
 *
 * A queue counts its messages from 1, also after it was purged; the ledger goes on counting: `base` lies between.
 */
export class QueueLog implements QueueJournal {
  readonly queue: string;
  readonly identities: Identities;
  /** The last seq before the queue was last purged. */
  readonly base: number;
  /** Messages in the queue, by the ledger's seq: what is on record of their last refusal. */
  readonly live = new SeqTable<RecordedRefusal | 'never refused'>();
  /** The ledger's seq of the last message accepted. */
  seq: number;
  /** Dead letters so far; each has its number. */
  letters: number;
  /** Dead letters before the queue was last purged. */
  readonly lettersBase: number;
  /** The last row that tells of this queue, and the last that tells where it stands; 0: none does. */
  lastPosition = 0;
  standingPosition = 0;
  readonly #wallMs: () => number;
  #drafts: Draft[] = [];

  constructor(
    queue: string,
    identities: Identities,
    wallMs: () => number,
    standing: Pick<StandingRecord, 'base' | 'seq' | 'letters' | 'lettersBase'>,
  ) {
    this.queue = queue;
    this.identities = identities;
    this.#wallMs = wallMs;
    this.base = standing.base;
    this.seq = standing.seq;
    this.letters = standing.letters;
    this.lettersBase = standing.lettersBase;
  }

  accepted(envelope: Envelope, seq: number): void {
    this.seq = this.base + seq;
    this.live.set(this.seq, 'never refused');
    const last = this.#drafts.at(-1);
    const isOpen =
      last?.kind === 'messages' &&
      last.envelopes.length < RECORD_MESSAGES_MAX &&
      last.characters < RECORD_CHARACTERS_MAX;
    if (isOpen) {
      last.envelopes.push(envelope);
      last.characters += envelope.payload.length;
    } else {
      const characters = envelope.payload.length;
      this.#drafts.push({ kind: 'messages', firstSeq: this.seq, envelopes: [envelope], characters });
    }
  }

  refusedAsFull(envelope: Envelope): void {
    if (!hasProducedId(envelope)) return;
    const { producer, seq } = envelope;
    const last = this.#drafts.at(-1);
    if (last?.kind === 'full' && last.producer === producer) last.seqs.push(seq);
    else this.#drafts.push({ kind: 'full', queue: this.queue, producer, seqs: [seq] });
  }

  settled(seq: number): void {
    this.live.delete(this.base + seq);
    const last = this.#drafts.at(-1);
    if (last?.kind === 'settled') last.seqs.push(this.base + seq);
    else this.#drafts.push({ kind: 'settled', queue: this.queue, seqs: [this.base + seq] });
  }

  refused(seq: number, { deliveries, failures, crashes }: DeliveryCounts, delayMs: number): void {
    const refusal = { deliveries, failures, crashes, atMs: this.#wallMs(), delayMs: finite(delayMs) };
    this.live.set(this.base + seq, refusal);
    const last = this.#drafts.at(-1);
    if (last?.kind === 'refused') last.refusals.push([this.base + seq, refusal]);
    else this.#drafts.push({ kind: 'refused', queue: this.queue, refusals: [[this.base + seq, refusal]] });
  }

  buried(letter: DeadLetter): void {
    this.letters += 1;
    const last = this.#drafts.at(-1);
    if (last?.kind === 'letters') last.letters.push([this.letters, letter]);
    else this.#drafts.push({ kind: 'letters', queue: this.queue, letters: [[this.letters, letter]] });
  }

  /** Whether there is nothing to be known of the queue but that it was purged. */
  get isBlank(): boolean {
    return this.seq === this.base && this.identities.marks.length === 0;
  }

  /** What has happened since the last call. */
  takeRecords(): RecordAndTexts[] {
    if (this.#drafts.length === 0) return [];
    const drafts = this.#drafts;
    this.#drafts = [];
    return drafts.map((draft) =>
      draft.kind === 'messages' ? this.#messages(draft) : { record: draft, texts: [] },
    );
  }

  /** Where the queue stands. */
  standing(): StandingRecord {
    const { queue, base, seq, letters, lettersBase } = this;
    const producers = [...this.identities.marks.list()];
    return { kind: 'standing', queue, base, seq, letters, lettersBase, producers };
  }

  #messages({ firstSeq, envelopes }: MessagesDraft): RecordAndTexts {
    const atMs = this.#wallMs();
    return {
      record: {
        kind: 'messages',
        queue: this.queue,
        base: this.base,
        isCarried: false,
        seqs: { from: firstSeq },
        atMs: { all: atMs },
        envelopes: packEnvelopes(envelopes),
        refusals: [],
      },
      texts: envelopes.map(({ payload }) => payload),
    };
  }
}
