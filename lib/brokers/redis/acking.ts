import { Deque } from '../../core/deque.js';
import type { Acknowledgement, Answer, SettleOutcome } from '../contract.js';
import { answerWords, placeOfReceipt, settledAs } from './settling.js';
import type { Place } from './token.js';

/** Sends receipts and answers to the ack script, with the place of the first answer; resolves with its letters. */
export type SendReceipts = (receipts: readonly string[], answers: readonly string[]) => Promise<string>;

interface Job {
  readonly receipts: readonly Acknowledgement[];
  readonly resolve: (outcomes: readonly SettleOutcome[]) => void;
  readonly reject: (fault: unknown) => void;
}

/** Receipts of one grant and stream that the script settles in one row. */
interface Row {
  readonly place: Place;
  readonly ids: string[];
  readonly bytes: number[];
  readonly at: number[];
}

const RECEIPTS_MAX = 256;
const CALLS_MAX = 4;

/** Acks of one queue, put together: those of one tick go in one call of the script. */
export class Acking {
  readonly #send: SendReceipts;
  readonly #jobs = new Deque<Job>();
  #calls = 0;
  #isScheduled = false;

  constructor(send: SendReceipts) {
    this.#send = send;
  }

  ack(receipts: readonly Acknowledgement[]): Promise<readonly SettleOutcome[]> {
    return new Promise((resolve, reject) => {
      this.#jobs.pushBack({ receipts, resolve, reject });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      process.nextTick(() => {
        this.#isScheduled = false;
        this.#flush();
      });
    });
  }

  #flush(): void {
    while (this.#calls < CALLS_MAX && this.#jobs.length > 0) {
      const jobs: Job[] = [];
      for (let n = 0; n < RECEIPTS_MAX; ) {
        const job = this.#jobs.popFront();
        if (job === undefined) break;
        jobs.push(job);
        n += job.receipts.length;
      }
      void this.#carry(jobs);
    }
  }

  async #carry(jobs: readonly Job[]): Promise<void> {
    this.#calls += 1;
    const receipts = jobs.length === 1 && jobs[0] ? jobs[0].receipts : jobs.flatMap((job) => job.receipts);
    try {
      const outcomes = await this.#settle(receipts);
      let at = 0;
      for (const { resolve, receipts: own } of jobs) {
        resolve(outcomes.slice(at, at + own.length));
        at += own.length;
      }
    } catch (fault) {
      for (const { reject } of jobs) reject(fault);
    }
    this.#calls -= 1;
    this.#flush();
  }

  async #settle(receipts: readonly Acknowledgement[]): Promise<readonly SettleOutcome[]> {
    const outcomes: SettleOutcome[] = [];
    // One publisher's whole batch in one call is longer than most: bounded, so that no call holds the server up.
    for (let from = 0; from < receipts.length; from += RECEIPTS_MAX) {
      const part = receipts.slice(from, from + RECEIPTS_MAX);
      const { words, answers, order } = ackWords(part);
      const letters = order.length === 0 ? '' : await this.#send(words, answers);
      outcomes.push(...settledAs(letters, order, part.length));
    }
    return outcomes;
  }
}

function ackWords(receipts: readonly Acknowledgement[]) {
  const rows = new Map<string, Row>();
  const singles: { readonly at: number; readonly place: Place }[] = [];
  for (const [at, receipt] of receipts.entries()) {
    const place = placeOfReceipt(receipt);
    if (place === undefined) continue;
    if (place.history === undefined) addToRow(rows, place, at);
    else singles.push({ at, place });
  }
  const words: string[] = [];
  const order: number[] = [];
  for (const row of rows.values()) {
    pushRow(words, row);
    for (const at of row.at) order.push(at);
  }
  for (const { at, place } of singles) {
    const { grant, code, id, bytes, history } = place;
    words.push('m', grant, code, id, String(bytes), history?.isKeyed === true ? '1' : '0');
    order.push(at);
  }
  return { words, order, answers: answersOf(receipts, order) };
}

function addToRow(rows: Map<string, Row>, place: Place, at: number): void {
  const name = `${place.grant} ${place.code}`;
  const row = rows.get(name) ?? { place, ids: [], bytes: [], at: [] };
  if (row.ids.length === 0) rows.set(name, row);
  row.ids.push(place.id);
  row.bytes.push(place.bytes);
  row.at.push(at);
}

function pushRow(words: string[], { place, ids, bytes }: Row): void {
  const all = bytes.reduce((sum, each) => sum + each, 0);
  words.push('p', place.grant, place.code, String(ids.length), String(all), bytes.join(' '));
  for (const id of ids) words.push(id);
}

/** In the order of the receipts, each with the position of its receipt's letter. */
function answersOf(receipts: readonly Acknowledgement[], order: readonly number[]): string[] {
  if (!receipts.some(({ answer }) => answer !== undefined)) return [];
  const positions = new Map(order.map((at, index) => [at, index + 1]));
  return receipts.flatMap(({ answer }, at) => wordsOf(answer, positions.get(at)));
}

function wordsOf(answer: Answer | undefined, position: number | undefined): readonly string[] {
  if (answer === undefined || position === undefined) return [];
  return [String(position), ...answerWords(answer)];
}
