import type { Clock } from '../../core/clock.js';
import type { Limits } from '../../core/limits.js';
import { MemoryAnswerShelf } from '../answer-shelf.js';
import type { Answer } from '../contract.js';
import { Identities } from '../identities.js';
import type { MakeQueue } from '../memory.js';
import type { MemoryQueue } from '../memory-queue.js';
import type { KeptQueue } from '../queue-journal.js';
import type { KeptAnswer, RecordAndTexts } from './ledger-record.js';
import { QueueLog } from './queue-log.js';
import { Replay, type ReplayedQueue } from './replay.js';

/** What queues are kept with. */
export interface KeptQueuesOptions {
  readonly clock: Clock;
  readonly limits: Limits;
  /** Tells the tokens of this opening from those of another. */
  readonly tokenMark: string;
  readonly makeQueue: MakeQueue;
}

/** Queues and answers in memory as a ledger tells of them, and what has happened to them that it does not know yet. */
export class KeptQueues {
  readonly logs = new Map<string, QueueLog>();
  readonly shelf: MemoryAnswerShelf;
  readonly #options: KeptQueuesOptions;
  readonly #queues = new Map<string, MemoryQueue>();
  readonly #answers = { keep: (answer: Answer) => this.#keepAnswer(answer) };
  #records: RecordAndTexts[] = [];
  #keptAnswers: { readonly kept: KeptAnswer; readonly answer: Answer }[] = [];
  #settledOfPurged = 0;
  #purges = 0;
  /** Messages that the ledger has told of, those that are settled included. */
  readonly #told: number;

  constructor(options: KeptQueuesOptions, records: Iterable<RecordAndTexts & { readonly position: number }>) {
    this.#options = options;
    this.shelf = new MemoryAnswerShelf(options.clock, options.limits);
    const replay = new Replay(options.clock, options.limits);
    const lastPositions = new Map<string, { row: number; standing: number }>();
    let told = 0;
    for (const each of records) {
      replay.add(each);
      if (each.record.kind === 'messages') told += each.texts.length;
      if (each.record.kind === 'answers') continue;
      const { queue, kind } = each.record;
      const standing = kind === 'standing' ? each.position : (lastPositions.get(queue)?.standing ?? 0);
      lastPositions.set(queue, { row: each.position, standing });
    }
    this.#told = told;
    for (const [queue, replayed] of replay.queues) {
      const log = this.#restore(queue, replayed, replay);
      log.lastPosition = lastPositions.get(queue)?.row ?? 0;
      log.standingPosition = lastPositions.get(queue)?.standing ?? 0;
    }
    this.#restoreAnswers(replay);
  }

  /** Messages held. */
  get length(): number {
    let length = 0;
    for (const queue of this.#queues.values()) length += queue.length;
    return length;
  }

  /** Messages settled since the opening. */
  get settled(): number {
    let settled = this.#settledOfPurged;
    for (const queue of this.#queues.values()) settled += queue.settled;
    return settled;
  }

  /** The part of what the ledger told of that is still there. */
  get neededShare(): number {
    return this.length / Math.max(1, this.#told);
  }

  isOpen(queue: string): boolean {
    return this.#queues.has(queue);
  }

  queue(name: string): MemoryQueue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const log = this.logs.get(name) ?? this.#newLog(name, { base: 0, seq: 0, letters: 0, lettersBase: 0 });
    const empty = { seq: 0, deadLetters: [], messages: [], dueMsOf: () => undefined };
    return this.#open(log, { ...empty, identities: log.identities });
  }

  /** Empties a queue and forgets what it knows; tokens of before are good no more. */
  purge(name: string): void {
    const queue = this.#queues.get(name);
    const log = this.logs.get(name);
    queue?.end();
    this.#settledOfPurged += queue?.settled ?? 0;
    this.#queues.delete(name);
    this.#purges += 1;
    if (log === undefined) return;
    const [base, lettersBase] = [log.seq, log.letters];
    this.#records.push(...log.takeRecords());
    this.#records.push({ record: { kind: 'purged', queue: name, base, lettersBase }, texts: [] });
    const anew = this.#newLog(name, { base, seq: base, letters: lettersBase, lettersBase });
    anew.lastPosition = log.lastPosition;
    anew.standingPosition = log.standingPosition;
    this.logs.set(name, anew);
  }

  /** What has happened since the last call. */
  takeRecords(): RecordAndTexts[] {
    const records = this.#records;
    this.#records = [];
    for (const log of this.logs.values()) records.push(...log.takeRecords());
    if (this.#keptAnswers.length > 0) {
      const answers = this.#keptAnswers.map(({ kept }) => kept);
      const texts = this.#keptAnswers.map(({ answer }) => answer.outcome);
      records.push({ record: { kind: 'answers', answers }, texts });
      this.#keptAnswers = [];
    }
    return records;
  }

  /** Serves those who wait for messages or answers. */
  serve(): void {
    for (const queue of this.#queues.values()) queue.catchUp();
    this.shelf.serve();
  }

  /** Sends those who wait for messages away with nothing. */
  end(): void {
    for (const queue of this.#queues.values()) queue.end();
  }

  #newLog(queue: string, standing: ConstructorParameters<typeof QueueLog>[3]): QueueLog {
    const { clock, limits } = this.#options;
    return new QueueLog(queue, new Identities(limits), () => clock.wallMs(), standing);
  }

  #restore(name: string, replayed: ReplayedQueue, replay: Replay): QueueLog {
    const { clock, limits } = this.#options;
    const { identities, base, seq, deadLetters } = replayed;
    replay.rememberIds(replayed);
    const log = new QueueLog(name, identities, () => clock.wallMs(), replayed);
    this.logs.set(name, log);
    // What was purged is opened by whoever asks for it again.
    if (log.isBlank) return log;
    for (const held of replayed.messages.values()) {
      log.live.set(base + held.seq, replayed.refusals.get(base + held.seq) ?? 'never refused');
    }
    const letters = [...deadLetters]
      .sort(([left], [right]) => left - right)
      .slice(-limits.deadLettersMax)
      .map(([, letter]) => letter);
    const messages = replay.messagesOf(replayed);
    const dueMsOf = (at: number) => replay.dueMsOf(replayed, at);
    this.#open(log, { seq: seq - base, identities, deadLetters: letters, messages, dueMsOf });
    return log;
  }

  #open(log: QueueLog, kept: KeptQueue): MemoryQueue {
    const { clock, limits, tokenMark, makeQueue } = this.#options;
    const mark = `${tokenMark}${this.#purges}.`;
    const options = { answers: this.#answers, tokenMark: mark, journal: log, kept };
    const queue = makeQueue(clock, limits, options, log.queue);
    this.logs.set(log.queue, log);
    this.#queues.set(log.queue, queue);
    return queue;
  }

  #restoreAnswers(replay: Replay): void {
    const { limits } = this.#options;
    for (const [, { answer, place, atMs }] of [...replay.answers].sort(([left], [right]) => left - right)) {
      this.shelf.restore(answer, place, replay.monotonicMs(atMs) + limits.resultTtlMs);
    }
  }

  #keepAnswer(answer: Answer): void {
    const place = this.shelf.keep(answer);
    if (place === undefined) return;
    const { id, asker = null, outcome } = answer;
    const atMs = this.#options.clock.wallMs();
    this.#keptAnswers.push({ kept: { place, id, asker, atMs, length: outcome.length }, answer });
  }
}
