import { onAbort } from '../../core/abort.js';
import type { Span } from '../../core/frame.js';
import type { Envelope } from '../../core/message.js';
import { decode, type Encoded } from '../../core/value.js';
import type { AnswerColumn } from '../chunks/answer-column.js';
import { isChunk, tasksIn } from '../chunks/chunk.js';
import type { ChunkMaker } from '../chunks/chunk-maker.js';
import type { Draft } from '../tasks/publisher.js';
import type { TaskOwner } from '../tasks/task.js';
import { MapChunks } from './map-chunks.js';
import { type InputSource, openInputs } from './map-inputs.js';
import type { MapInputs, MapOutcome, MapRequest } from './map-options.js';
import {
  AnswerRun,
  ArrivedOutcomes,
  OrderedOutcomes,
  type Outcome,
  type OutcomeRun,
  type Outcomes,
  type PlacedOutcome,
  SingleOutcome,
} from './map-outcomes.js';

/** What a map needs of its coalition. */
export interface MapPort {
  /** The task of an input; throws or rejects when it is no payload of the agent's. */
  draft(input: unknown): Draft | Promise<Draft>;
  /** Takes inputs together. */
  readonly chunks: Pick<ChunkMaker, 'firstOf' | 'settle' | 'parts'>;
  /** Publishes in order and waits for room until `signal` aborts; the owner hears of each message before it can be answered. */
  publishAll(drafts: readonly Draft[], owner: MapRun, signal: AbortSignal): Promise<void>;
  /** Nobody waits for these any more: those not begun are dropped, the others told to stop. */
  abandon(seqs: Iterable<number>, reason: unknown): void;
  /** Calls back after this tick. */
  defer(callback: () => void): void;
}

const LEFT = 'the loop over its map was left';

/**
 * One `map`: keeps up to `concurrency` inputs under way and yields results in input order, or as they come.
 *
 *     inputs ──▶ │ yielded … │ answered or under way … │ published │ not yet taken from the source
 *                            └────── concurrency ──────┘
 */
export class MapRun implements TaskOwner {
  readonly #request: MapRequest;
  readonly #port: MapPort;
  readonly #outcomes: Outcomes;
  /** Index of the input by sequence number, for what is under way. */
  readonly #indices = new Map<number, number>();
  readonly #chunks = new MapChunks();
  /** Index of the first input of each message that is being published, in order. */
  #publishing: readonly number[] = [];
  /** From this sequence number on, the broker has yet to say whether it takes them. */
  #unsureFrom = Number.POSITIVE_INFINITY;
  #taken = 0;
  #yielded = 0;
  #roomWanted = 1;
  #isFed = false;
  #isOver = false;
  #source: InputSource | undefined;
  readonly #leaving = new AbortController();
  #failure: { readonly error: unknown } | undefined;
  #wakeFeeder: (() => void) | undefined;
  #wakeReader: (() => void) | undefined;

  constructor(request: MapRequest, port: MapPort) {
    this.#request = request;
    this.#port = port;
    this.#outcomes = request.ordered ? new OrderedOutcomes() : new ArrivedOutcomes();
  }

  answered(seq: number, value: Encoded): void {
    this.#settle(seq, { value: decode(value) });
  }

  chunkAnswered(firstSeq: number, spans: readonly Span[], column: AnswerColumn): void {
    const firstIndex = this.#chunks.firstIndexOf(firstSeq);
    if (firstIndex === undefined) return;
    let answered = 0;
    for (const [from, count] of spans) {
      this.#conclude(new AnswerRun(firstIndex + from, count, column, answered));
      answered += count;
    }
    this.#chunks.ended(firstSeq, answered);
  }

  moved(seq: number, newSeq: number): void {
    const index = this.#takeIndex(seq);
    if (index !== undefined) this.#indices.set(newSeq, index);
  }

  failed(seq: number, error: Error): void {
    this.#settle(seq, { error });
  }

  /** These messages are the last of those being published; the ones that were refused before, under new names. */
  stamped(envelopes: readonly Envelope[]): void {
    const first = this.#publishing.length - envelopes.length;
    this.#unsureFrom = envelopes[0]?.seq ?? Number.POSITIVE_INFINITY;
    for (const [at, envelope] of envelopes.entries()) {
      const index = this.#publishing[first + at];
      if (index === undefined) continue;
      if (isChunk(envelope)) this.#chunks.add(envelope.seq, tasksIn(envelope), index);
      else this.#indices.set(envelope.seq, index);
    }
  }

  /** The broker would not take these. */
  refused(envelopes: readonly Envelope[]): void {
    for (const { seq } of envelopes) {
      this.#indices.delete(seq);
      this.#chunks.delete(seq);
    }
  }

  async *run(inputs: MapInputs<unknown>): AsyncGenerator<unknown, void, undefined> {
    const { signal } = this.#request;
    const abort = () => this.#fail(signal?.reason);
    const forget = signal && onAbort(signal, abort);
    if (signal?.aborted === true) abort();
    const feeding = this.#feed(inputs);
    try {
      for (;;) {
        const next = this.#take() ?? (await this.#next()); // what is here costs no promise
        if (next === undefined) return;
        yield this.#shown(next);
      }
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    } finally {
      forget?.();
      await this.#leave(feeding);
    }
  }

  /** What is being published is given up once the feeder has ended: refused, it was never accepted, nor cancelled. */
  async #leave(feeding: Promise<void>): Promise<void> {
    const reason = this.#failure === undefined ? LEFT : this.#failure.error;
    this.#isOver = true;
    this.#leaving.abort();
    this.#source?.leave();
    this.#wakeFeeder?.();
    const sure = this.#openSeqs().filter((seq) => seq < this.#unsureFrom);
    this.#port.abandon(sure, reason);
    await feeding;
    this.#port.abandon(this.#openSeqs(), reason);
  }

  #shown({ index, outcome }: PlacedOutcome): unknown {
    if (this.#request.onError === 'yield') return mapOutcome(index, outcome);
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  #openSeqs(): number[] {
    return [...this.#indices.keys(), ...this.#chunks.seqs()];
  }

  /** Refills the window when half of it is free, as many at a time as are there. */
  async #feed(inputs: MapInputs<unknown>): Promise<void> {
    const onError = (error: unknown) => this.#fail(error);
    const defer = (callback: () => void) => this.#port.defer(callback);
    try {
      this.#source = openInputs(inputs, { defer, onError });
      while (await this.#hasRoom(Math.ceil(this.#request.concurrency / 2))) {
        const batch = await this.#source.take(this.#port.chunks.firstOf(this.#room));
        await this.#publish(batch.inputs);
        if (batch.isLast) break;
        await this.#port.chunks.settle(this.#room, this.#leaving.signal);
      }
    } catch (error) {
      this.#fail(error);
    }
    await this.#source?.close().catch(onError);
    this.#isFed = true;
    this.#wakeReader?.();
  }

  async #publish(inputs: readonly unknown[]): Promise<void> {
    const drafts: Draft[] = [];
    const indices: number[] = [];
    for (const { payloads, draft } of this.#port.chunks.parts(inputs)) {
      if (draft === undefined) await this.#draftEach(payloads, drafts, indices);
      else {
        drafts.push(draft);
        indices.push(this.#taken);
        this.#taken += payloads.length;
      }
    }
    this.#publishing = indices;
    if (drafts.length > 0) await this.#port.publishAll(drafts, this, this.#leaving.signal);
    this.#unsureFrom = Number.POSITIVE_INFINITY;
  }

  async #draftEach(inputs: readonly unknown[], drafts: Draft[], indices: number[]): Promise<void> {
    for (const input of inputs) {
      const index = this.#taken;
      this.#taken += 1;
      try {
        const draft = this.#port.draft(input);
        drafts.push(draft instanceof Promise ? await draft : draft);
        indices.push(index);
      } catch (error) {
        if (this.#request.onError === 'throw' || !(error instanceof Error)) throw error;
        this.#conclude(new SingleOutcome(index, { error }));
      }
    }
  }

  #settle(seq: number, outcome: Outcome): void {
    const index = this.#takeIndex(seq);
    if (index !== undefined) this.#conclude(new SingleOutcome(index, outcome));
  }

  #takeIndex(seq: number): number | undefined {
    const index = this.#indices.get(seq);
    if (index !== undefined) {
      this.#indices.delete(seq);
      return index;
    }
    const inChunk = this.#chunks.indexOf(seq);
    if (inChunk !== undefined) this.#chunks.ended(seq, 1);
    return inChunk;
  }

  #conclude(run: OutcomeRun): void {
    if (this.#isOver) return;
    this.#outcomes.add(run);
    if (this.#outcomes.isReady) this.#wakeReader?.();
  }

  /** The next outcome; undefined after the last one. */
  async #next(): Promise<PlacedOutcome | undefined> {
    for (;;) {
      const next = this.#take();
      if (next !== undefined) return next;
      if (this.#isFed && this.#yielded === this.#taken) return undefined;
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
  }

  /** The next outcome, if it has come. */
  #take(): PlacedOutcome | undefined {
    if (this.#failure !== undefined) throw this.#failure.error;
    const next = this.#outcomes.next();
    if (next === undefined) return undefined;
    this.#yielded += 1;
    if (this.#room >= this.#roomWanted) this.#wakeFeeder?.();
    return next;
  }

  /** Waits until at least `count` of the window is free; false when the map is over. */
  async #hasRoom(count: number): Promise<boolean> {
    this.#roomWanted = count;
    while (!this.#isOver && this.#room < count) {
      await new Promise<void>((resolve) => {
        this.#wakeFeeder = resolve;
      });
    }
    return !this.#isOver;
  }

  get #room(): number {
    return this.#request.concurrency - (this.#taken - this.#yielded);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wakeReader?.();
  }
}

function mapOutcome(index: number, outcome: Outcome): MapOutcome {
  if ('error' in outcome) return { index, status: 'rejected', error: outcome.error };
  return { index, status: 'fulfilled', value: outcome.value };
}
