import type { Clock } from '../../core/clock.js';
import type { Limits } from '../../core/limits.js';
import { hasProducedId, type MessageId } from '../../core/message.js';
import type { Answer, DeadLetter } from '../contract.js';
import { Held } from '../held.js';
import { Identities } from '../identities.js';
import { numberCell } from './column.js';
import type {
  AnswersRecord,
  FullRecord,
  IdsRecord,
  LettersRecord,
  MessagesRecord,
  RecordAndTexts,
  RecordedRefusal,
  RefusedRecord,
  SettledRecord,
  StandingRecord,
} from './ledger-record.js';
import { unpackEnvelopes } from './packed-envelopes.js';
import { SeqTable } from './seq-table.js';

type OwnId = readonly [seq: number, id: MessageId, atMs: number];

/** One queue, as far as the ledger was read. */
export interface ReplayedQueue {
  base: number;
  seq: number;
  letters: number;
  lettersBase: number;
  identities: Identities;
  /** By the ledger's seq. */
  readonly messages: SeqTable<Held>;
  readonly refusals: Map<number, RecordedRefusal>;
  readonly deadLetters: Map<number, DeadLetter>;
  readonly ownIds: OwnId[];
}

/** An answer that was kept, and since when. */
export interface ReplayedAnswer {
  readonly answer: Answer;
  readonly place: number;
  readonly atMs: number;
}

/** Goes through a ledger from its beginning to its end, and holds what it then holds. */
export class Replay {
  readonly queues = new Map<string, ReplayedQueue>();
  readonly answers = new Map<number, ReplayedAnswer>();
  readonly #nowMs: number;
  readonly #wallMs: number;
  readonly #limits: Limits;

  constructor(clock: Clock, limits: Limits) {
    this.#nowMs = clock.nowMs();
    this.#wallMs = clock.wallMs();
    this.#limits = limits;
  }

  /** Takes in the next record. */
  add({ record, texts }: RecordAndTexts): void {
    switch (record.kind) {
      case 'answers':
        this.#addAnswers(record, texts);
        break;
      case 'messages':
        this.#addMessages(this.#queue(record.queue), record, texts);
        break;
      case 'standing':
        this.#stand(this.#queue(record.queue), record);
        break;
      case 'purged':
        this.queues.set(record.queue, this.#newQueue(record));
        break;
      default:
        addEvents(this.#queue(record.queue), record);
    }
  }

  /** What a queue holds, by seq, with counts as of the last refusals. */
  *messagesOf({ messages, refusals, base }: ReplayedQueue): IterableIterator<Held> {
    for (const held of messages.values()) {
      const refusal = refusals.size > 0 ? refusals.get(base + held.seq) : undefined;
      if (refusal !== undefined) {
        const { deliveries, failures, crashes } = refusal;
        Object.assign(held, { deliveries, failures, crashes });
      }
      yield held;
    }
  }

  /** When a message that was refused may be given out again. */
  dueMsOf({ refusals, base }: ReplayedQueue, seq: number): number | undefined {
    const refusal = refusals.size > 0 ? refusals.get(base + seq) : undefined;
    return refusal && this.monotonicMs(refusal.atMs) + refusal.delayMs;
  }

  /**
   * Remembers callers' own ids in the order of acceptance: compaction may have written old ones after younger. An id
   * that stands there twice had been forgotten before the second.
   */
  rememberIds({ identities, ownIds, base }: ReplayedQueue): void {
    const latest = new Map<MessageId, number>();
    for (const [seq, id, atMs] of ownIds.sort(([left], [right]) => left - right)) {
      latest.delete(id);
      if (seq > base) latest.set(id, atMs);
    }
    for (const [id, atMs] of latest) identities.ids.add(id, this.monotonicMs(atMs));
  }

  /** The moment on this opening's clock; of a wall clock that was set back since, the present one. */
  monotonicMs(atMs: number): number {
    return this.#nowMs - Math.max(0, this.#wallMs - atMs);
  }

  #addMessages(queue: ReplayedQueue, record: MessagesRecord, texts: RecordAndTexts['texts']): void {
    const { base, isCarried, seqs, atMs } = record;
    const areProduced = isCarried || record.envelopes.id === undefined;
    for (const [at, envelope] of unpackEnvelopes(record.envelopes, texts).entries()) {
      const seq = numberCell(seqs, at);
      const acceptedMs = this.monotonicMs(numberCell(atMs, at));
      const held = new Held(seq - base, envelope, acceptedMs);
      queue.messages.set(seq, held);
      if (isCarried) continue;
      queue.seq = seq;
      if (areProduced || hasProducedId(envelope))
        queue.identities.marks.accept(envelope.producer, envelope.seq);
      else queue.ownIds.push([seq, envelope.id, numberCell(atMs, at)]);
    }
    addRefusals(queue, record.refusals);
  }

  #addAnswers({ answers }: AnswersRecord, texts: RecordAndTexts['texts']): void {
    for (const [at, { place, id, asker, atMs }] of answers.entries()) {
      const outcome = texts[at];
      if (outcome === undefined) continue;
      this.answers.set(place, { answer: { id, asker: asker ?? undefined, outcome }, place, atMs });
    }
  }

  #stand(queue: ReplayedQueue, record: StandingRecord): void {
    const { base, seq, letters, lettersBase, producers } = record;
    Object.assign(queue, { base, seq, letters, lettersBase });
    queue.identities = new Identities(this.#limits);
    for (const producer of producers) queue.identities.marks.restore(producer);
  }

  #queue(name: string): ReplayedQueue {
    const known = this.queues.get(name);
    if (known !== undefined) return known;
    const queue = this.#newQueue({ base: 0, lettersBase: 0 });
    this.queues.set(name, queue);
    return queue;
  }

  #newQueue({ base, lettersBase }: Pick<ReplayedQueue, 'base' | 'lettersBase'>): ReplayedQueue {
    return {
      base,
      seq: base,
      letters: lettersBase,
      lettersBase,
      identities: new Identities(this.#limits),
      messages: new SeqTable(),
      refusals: new Map(),
      deadLetters: new Map(),
      ownIds: [],
    };
  }
}

/** What happened to messages that stood in earlier records. */
function addEvents(
  queue: ReplayedQueue,
  record: SettledRecord | RefusedRecord | FullRecord | LettersRecord | IdsRecord,
): void {
  switch (record.kind) {
    case 'settled':
      for (const seq of record.seqs) settle(queue, seq);
      break;
    case 'refused':
      addRefusals(queue, record.refusals);
      break;
    case 'full':
      for (const seq of record.seqs) queue.identities.marks.refuse(record.producer, seq);
      break;
    case 'letters':
      for (const [number, letter] of record.letters) addLetter(queue, number, letter);
      break;
    case 'ids':
      for (const id of record.ids) queue.ownIds.push(id);
  }
}

function addRefusals(queue: ReplayedQueue, refusals: RefusedRecord['refusals']): void {
  for (const [seq, refusal] of refusals) queue.refusals.set(seq, refusal);
}

function settle({ messages, refusals }: ReplayedQueue, seq: number): void {
  messages.delete(seq);
  if (refusals.size > 0) refusals.delete(seq);
}

function addLetter(queue: ReplayedQueue, number: number, letter: DeadLetter): void {
  queue.letters = Math.max(queue.letters, number);
  // JSON leaves out what is undefined; whoever compares would see that.
  const envelope = { ...letter.envelope, orderingKey: letter.envelope.orderingKey };
  queue.deadLetters.set(number, { ...letter, envelope });
}
