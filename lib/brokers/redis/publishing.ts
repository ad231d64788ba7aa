import { Deque } from '../../core/deque.js';
import { ConclaveError } from '../../core/errors.js';
import type { Limits } from '../../core/limits.js';
import { ENVELOPE_VERSION, type Envelope, hasProducedId } from '../../core/message.js';
import { assertInRange, unknownVersion } from '../admission.js';
import type { PublishOutcome } from '../contract.js';
import { encodeEntry } from './entry.js';
import { ProducerLinks } from './producer-links.js';

/** Sends records to the publish script; resolves with its letters, '' where all were accepted. */
export type SendRecords = (records: readonly string[]) => Promise<string>;

/** A call of `publish` that has not been answered yet. */
interface Job {
  readonly envelopes: readonly Envelope[];
  readonly outcomes: PublishOutcome[];
  readonly resolve: (outcomes: readonly PublishOutcome[]) => void;
  readonly reject: (fault: unknown) => void;
  /** Its name among those of this queue that go in parts. */
  readonly name: string;
  /** How many of its envelopes have been put into calls of the script, and of how many the outcome is known. */
  sent: number;
  settled: number;
  hasFailed: boolean;
}

/** Which message of a job a letter is about. */
interface Sent {
  readonly job: Job;
  readonly at: number;
}

/** Consecutive messages that the script takes in one row. */
interface Row {
  readonly envelope: Envelope;
  readonly code: string;
  readonly texts: string[];
  readonly bytes: number[];
}

const MESSAGES_MAX = 128;
const TEXT_MAX = 256 * 1_024;
/* Two halves under way keep both this process and the server at work; one whole keeps one of them waiting. */
const MESSAGES_FIRST = 32;
/* With more of them in flight the server only has longer rows to wait in; what waits here is put together. */
const CALLS_MAX = 4;

/**
 * Publishes of one queue, put together: what was asked for in one tick goes in few calls of the script, in the order
 * of asking. A publish too large for one call goes in parts; the script remembers when one of them was full, so that
 * what is accepted of the whole is a beginning of it.
 */
export class Publishing {
  readonly #limits: Limits;
  readonly #send: SendRecords;
  readonly #jobs = new Deque<Job>();
  readonly #links: ProducerLinks;
  #calls = 0;
  #names = 0;
  #isScheduled = false;
  /** A call has failed: what is in flight behind it fails, too, and the next one says what may be lost. */
  #isBroken = false;

  constructor(limits: Limits, send: SendRecords) {
    this.#limits = limits;
    this.#links = new ProducerLinks(limits.refusalsMax);
    this.#send = send;
  }

  publish(envelopes: readonly Envelope[]): Promise<readonly PublishOutcome[]> {
    for (const envelope of envelopes) if (envelope.v === ENVELOPE_VERSION) assertInRange(envelope);
    this.#names += 1;
    const name = String(this.#names);
    return new Promise((resolve, reject) => {
      const progress = { sent: 0, settled: 0, hasFailed: false };
      this.#jobs.pushBack({ envelopes, outcomes: [], resolve, reject, name, ...progress });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isBroken && this.#calls > 0) return;
    this.#isBroken = false;
    while (this.#calls < CALLS_MAX && this.#jobs.length > 0) {
      const call = new PublishCall(
        this.#limits.payloadBytesMax,
        this.#calls === 0 ? MESSAGES_FIRST : MESSAGES_MAX,
      );
      for (let job = this.#jobs.peekFront(); job !== undefined; job = this.#jobs.peekFront()) {
        if (!job.hasFailed && !call.take(job)) break;
        this.#jobs.popFront();
      }
      void this.#carry(call);
    }
  }

  async #carry(call: PublishCall): Promise<void> {
    this.#calls += 1;
    const records = call.finish();
    const linked = this.#links.open(records.length === 0 ? [] : call.producers);
    try {
      const letters = records.length === 0 ? '' : await this.#send([...linked.words, ...records]);
      if (letters === GAP) throw behindLost();
      this.#links.answered(linked);
      call.settle(letters);
    } catch (fault) {
      this.#isBroken = true;
      this.#links.failed(linked);
      call.fail(fault, this.#links);
    }
    this.#calls -= 1;
    this.#flush();
  }
}

/** What the script answers to a call that names one before it that was not carried out. */
const GAP = 'gap';

function behindLost(): ConclaveError {
  return new ConclaveError(
    'BrokerUnavailable',
    'Nothing of this publish was carried out: one of the same producer before it got lost on its way. Publish both again.',
  );
}

/** One call of the script in the making. */
class PublishCall {
  readonly records: string[] = [];
  readonly #payloadBytesMax: number;
  /** After so many messages no further publish is begun. */
  readonly #messagesFirst: number;
  readonly #sent: Sent[] = [];
  readonly #jobs = new Set<Job>();
  /** Of messages that are known by their producers. */
  readonly producers = new Set<string>();
  #row: Row | undefined;
  #length = 0;

  constructor(payloadBytesMax: number, messagesFirst: number) {
    this.#payloadBytesMax = payloadBytesMax;
    this.#messagesFirst = messagesFirst;
  }

  /** Takes what has room of a job; answers whether that was all of it. */
  take(job: Job): boolean {
    this.#endRow();
    if (this.#isFilled || this.#sent.length >= this.#messagesFirst) return false;
    this.#jobs.add(job);
    const isFirst = job.sent === 0;
    const mark = this.records.push('j', '', job.name) - 2;
    for (; job.sent < job.envelopes.length; job.sent += 1) {
      const envelope = job.envelopes[job.sent];
      if (this.#isFilled) break;
      if (envelope !== undefined) this.#add(job, envelope);
    }
    const isLast = job.sent === job.envelopes.length;
    this.records[mark] = isFirst ? (isLast ? 'whole' : 'first') : isLast ? 'last' : 'more';
    return isLast;
  }

  /** The records, or none where there is nothing to ask. */
  finish(): readonly string[] {
    this.#endRow();
    return this.#sent.length === 0 ? [] : this.records;
  }

  settle(letters: string): void {
    for (const [index, { job, at }] of this.#sent.entries()) {
      job.outcomes[at] = letters === '' ? 'accepted' : outcomeOf(letters[index]);
      job.settled += 1;
    }
    for (const { resolve, outcomes, settled, envelopes } of this.#jobs)
      if (settled === envelopes.length) resolve(outcomes);
  }

  fail(fault: unknown, links: ProducerLinks): void {
    for (const job of this.#jobs) {
      for (const envelope of job.envelopes)
        if (hasProducedId(envelope)) links.lose(envelope.producer, envelope.seq);
      job.hasFailed = true;
      job.reject(fault);
    }
  }

  get #isFilled(): boolean {
    return this.#sent.length >= MESSAGES_MAX || this.#length >= TEXT_MAX;
  }

  #add(job: Job, envelope: Envelope): void {
    const bytes = Buffer.byteLength(envelope.payload);
    if (bytes > this.#payloadBytesMax) {
      job.outcomes[job.sent] = 'too-large';
      job.settled += 1;
      return;
    }
    this.#sent.push({ job, at: job.sent });
    this.#length += bytes;
    const isProduced = hasProducedId(envelope);
    const code = codeOf(envelope);
    if (!isProduced || !isPlain(envelope)) this.#addSingle(envelope, isProduced, code, bytes);
    else this.#addToRow(envelope, code, bytes);
  }

  #addToRow(envelope: Envelope, code: string, bytes: number): void {
    if (this.#row === undefined || !follows(this.#row, envelope, code)) {
      this.#endRow();
      this.#row = { envelope, code, texts: [], bytes: [] };
      this.producers.add(envelope.producer);
    }
    this.#row.texts.push(encodeEntry(envelope, false));
    this.#row.bytes.push(bytes);
  }

  #addSingle(envelope: Envelope, isProduced: boolean, code: string, bytes: number): void {
    this.#endRow();
    const { producer, id, seq, orderingKey, delayMs, v } = envelope;
    const reason = v === ENVELOPE_VERSION ? '' : unknownVersion(envelope);
    if (isProduced) this.producers.add(producer);
    this.records.push('m', isProduced ? 'p' : 'i', isProduced ? producer : id, String(seq), code);
    this.records.push(String(bytes), String(delayMs), orderingKey === undefined ? '' : `k${orderingKey}`);
    this.records.push(reason, encodeEntry(envelope, !isProduced));
  }

  #endRow(): void {
    const row = this.#row;
    this.#row = undefined;
    if (row === undefined) return;
    const { envelope, code, texts, bytes } = row;
    const all = bytes.reduce((sum, each) => sum + each, 0);
    this.records.push('p', envelope.producer, String(envelope.seq), code, String(texts.length), String(all));
    this.records.push(bytes.join(' '));
    for (const text of texts) this.records.push(text);
  }
}

/** The stream of a message: its priority, and its lane, which is the agent's where it is work for one. */
function codeOf({ priority, kind, agent }: Envelope): string {
  return kind === 'task' ? `${priority}${agent}` : String(priority);
}

function isPlain({ v, orderingKey, delayMs }: Envelope): boolean {
  return v === ENVELOPE_VERSION && orderingKey === undefined && delayMs === 0;
}

function follows(row: Row, envelope: Envelope, code: string): boolean {
  const { producer, seq } = row.envelope;
  return row.code === code && producer === envelope.producer && seq + row.texts.length === envelope.seq;
}

function outcomeOf(letter: string | undefined): PublishOutcome {
  switch (letter) {
    case 'a':
      return 'accepted';
    case 'd':
      return 'duplicate';
    default:
      return 'full';
  }
}
