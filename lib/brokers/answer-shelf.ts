import { strict as assert } from 'node:assert';
import { onAbort } from '../core/abort.js';
import type { Clock, Timer } from '../core/clock.js';
import { Deque } from '../core/deque.js';
import type { ConclaveError } from '../core/errors.js';
import type { Limits } from '../core/limits.js';
import type { MessageId } from '../core/message.js';
import type { Answer, AnswerPage, AnswerShelf, AnswersRequest } from './contract.js';

type ShelfLimits = Pick<Limits, 'resultTtlMs' | 'resultsMax' | 'resultBytesMax'>;

/** An answer on the shelf. Places are given in order, from 1, and never twice. */
interface Kept {
  readonly answer: Answer;
  readonly place: number;
  readonly untilMs: number;
  readonly bytes: number;
}

/** A read that found nothing and waits. */
interface Reader {
  readonly request: AnswersRequest;
  readonly resolve: (page: AnswerPage) => void;
  timer: Timer | undefined;
  /** Takes back that its signal is watched. */
  forget: (() => void) | undefined;
}

/**
 * Answers in memory. All of them stand in one line, by age, and may be found by task; those that an asker has not
 * read yet stand in a line of its own as well, so that a page costs what is on it.
 *
 *     order     [ 1 2 3 4 5 ]     the oldest leaves first
 *     unread    ada [ 3 5 ]   bob [ 4 ]     a cursor is the place that was read last
 */
export class MemoryAnswerShelf implements AnswerShelf {
  readonly #clock: Clock;
  readonly #limits: ShelfLimits;
  readonly #byTask = new Map<MessageId, Kept>();
  readonly #order = new Deque<Kept>();
  readonly #unread = new Map<string, Deque<Kept>>();
  readonly #readers = new Map<string, Set<Reader>>();
  /** Askers that wait and have got an answer since the last `serve`. */
  readonly #awaited = new Set<string>();
  #bytes = 0;
  #place = 0;
  #ended: (() => ConclaveError) | undefined;

  constructor(clock: Clock, limits: ShelfLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** The place of the oldest answer that is kept; Infinity where there is none. */
  get firstPlace(): number {
    return this.#order.peekFront()?.place ?? Number.POSITIVE_INFINITY;
  }

  /** The place of the last answer that was kept, however long ago; 0 where there was none. */
  get lastPlace(): number {
    return this.#place;
  }

  /** Keeps the first answer to a task and answers its place; undefined if the task has one already. Readers wait for `serve`. */
  keep(answer: Answer): number | undefined {
    const nowMs = this.#forgetOld();
    if (this.#byTask.has(answer.id)) return undefined;
    this.restore(answer, this.#place + 1, nowMs + this.#limits.resultTtlMs);
    return this.#place;
  }

  /** Puts back what was kept before, by increasing place. */
  restore(answer: Answer, place: number, untilMs: number): void {
    assert(place > this.#place, `an answer at place ${place}: the one before has place ${this.#place}`);
    const kept = { answer, place, untilMs, bytes: Buffer.byteLength(answer.outcome) };
    this.#place = place;
    this.#bytes += kept.bytes;
    this.#byTask.set(answer.id, kept);
    this.#order.pushBack(kept);
    if (answer.asker !== undefined) this.#announce(answer.asker, kept);
    this.#forgetOld();
  }

  /** Gives readers who wait what has come for them. */
  serve(): void {
    if (this.#awaited.size === 0) return;
    for (const asker of this.#awaited) {
      for (const reader of this.#readers.get(asker) ?? []) {
        const page = this.#page(asker, reader.request);
        if (page.answers.length > 0) this.#dismiss(asker, reader, page);
      }
    }
    this.#awaited.clear();
  }

  async read(asker: string, request: AnswersRequest): Promise<AnswerPage> {
    assert(
      Number.isInteger(request.max) && request.max > 0,
      `a read of ${request.max} answers: max is 1 or more`,
    );
    if (this.#ended !== undefined) throw this.#ended();
    if (request.signal?.aborted === true) return nothing(request);
    const page = this.#page(asker, request);
    return page.answers.length > 0 || request.waitMs <= 0 ? page : this.#wait(asker, request);
  }

  async find(id: MessageId): Promise<Answer | undefined> {
    if (this.#ended !== undefined) throw this.#ended();
    this.#forgetOld();
    return this.#byTask.get(id)?.answer;
  }

  /** Sends every reader away with nothing, and rejects those who come later with that error. */
  end(error: () => ConclaveError): void {
    this.#ended = error;
    for (const [asker, readers] of this.#readers) {
      for (const reader of readers) this.#dismiss(asker, reader, nothing(reader.request));
    }
  }

  #announce(asker: string, kept: Kept): void {
    const unread = this.#unread.get(asker);
    if (unread !== undefined) unread.pushBack(kept);
    else {
      const line = new Deque<Kept>();
      line.pushBack(kept);
      this.#unread.set(asker, line);
    }
    if (this.#readers.has(asker)) this.#awaited.add(asker);
  }

  #page(asker: string, request: AnswersRequest): AnswerPage {
    this.#forgetOld();
    this.#forgetRead(asker, placeOf(request.cursor));
    const answers: Answer[] = [];
    let { cursor } = request;
    for (const { answer, place } of this.#unread.get(asker) ?? []) {
      if (answers.length === request.max) break;
      answers.push(answer);
      cursor = String(place);
    }
    return { answers, cursor };
  }

  #wait(asker: string, request: AnswersRequest): Promise<AnswerPage> {
    return new Promise((resolve) => {
      const reader: Reader = { request, resolve, timer: undefined, forget: undefined };
      const leave = () => this.#dismiss(asker, reader, nothing(request));
      reader.timer = this.#clock.setTimer(leave, request.waitMs);
      reader.forget = request.signal && onAbort(request.signal, leave);
      const others = this.#readers.get(asker);
      if (others === undefined) this.#readers.set(asker, new Set([reader]));
      else others.add(reader);
    });
  }

  #dismiss(asker: string, reader: Reader, page: AnswerPage): void {
    reader.timer?.cancel();
    reader.forget?.();
    const readers = this.#readers.get(asker);
    readers?.delete(reader);
    if (readers?.size === 0) this.#readers.delete(asker);
    reader.resolve(page);
  }

  #forgetRead(asker: string, place: number): void {
    const unread = this.#unread.get(asker);
    if (unread === undefined) return;
    for (let first = unread.peekFront(); first !== undefined; first = unread.peekFront()) {
      if (first.place > place) return;
      unread.popFront();
    }
    this.#unread.delete(asker);
  }

  /** Forgets what is too old or too much; answers the time it is. */
  #forgetOld(): number {
    const nowMs = this.#clock.nowMs();
    const { resultsMax, resultBytesMax } = this.#limits;
    for (let oldest = this.#order.peekFront(); oldest !== undefined; oldest = this.#order.peekFront()) {
      const isYoung = oldest.untilMs > nowMs;
      if (isYoung && this.#order.length <= resultsMax && this.#bytes <= resultBytesMax) break;
      this.#order.popFront();
      this.#byTask.delete(oldest.answer.id);
      this.#bytes -= oldest.bytes;
      if (oldest.answer.asker !== undefined) this.#forgetRead(oldest.answer.asker, oldest.place);
    }
    return nowMs;
  }
}

function nothing({ cursor }: AnswersRequest): AnswerPage {
  return { answers: [], cursor };
}

/** The place that a cursor stands for: 0 at first. */
function placeOf(cursor: string): number {
  const place = Number(cursor);
  assert(Number.isInteger(place) && place >= 0, `a cursor '${cursor}': '' or that of a page of this shelf`);
  return place;
}
