import type { Envelope } from '../core/message.js';
import { decode, type Encoded, encode } from '../core/value.js';
import type { Draft } from './publisher.js';
import type { TaskOwner } from './task.js';

/** How `map` goes about its inputs. */
export interface MapOptions {
  /** Inputs under way at once, results not yet taken included (default 512). */
  readonly concurrency?: number;
  /** Ends the loop with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What `map` runs over; an asynchronous source is asked for one input at a time. */
export type MapInputs<Payload> = Iterable<Payload> | AsyncIterable<Payload>;

/** What a map needs of its coalition. */
export interface MapPort {
  /** Publishes in order and waits for room until `signal` aborts; the owner hears of each message before it can be answered. */
  publishAll(drafts: readonly Draft[], owner: MapRun, signal: AbortSignal): Promise<void>;
  /** Nobody waits for these any more: those not begun are dropped. */
  abandon(seqs: Iterable<number>): void;
}

type Outcome = { readonly value: Encoded } | { readonly error: Error };

/**
 * One `map`: keeps up to `concurrency` inputs under way and yields results in input order.
 *
 *     inputs ──▶ │ yielded … │ answered or under way … │ published │ not yet taken from the source
 *                            └────── concurrency ──────┘
 */
export class MapRun implements TaskOwner {
  readonly #agent: string;
  readonly #concurrency: number;
  readonly #port: MapPort;
  /** Input position by sequence number, for what is under way. */
  readonly #positions = new Map<number, number>();
  readonly #outcomes = new Map<number, Outcome>();
  #taken = 0;
  #yielded = 0;
  #roomWanted = 1;
  #isFed = false;
  #isOver = false;
  #isSourceOpen = false;
  readonly #leaving = new AbortController();
  #failure: { readonly error: unknown } | undefined;
  #wakeFeeder: (() => void) | undefined;
  #wakeReader: (() => void) | undefined;

  constructor(agent: string, concurrency: number, port: MapPort) {
    this.#agent = agent;
    this.#concurrency = concurrency;
    this.#port = port;
  }

  answered(seq: number, value: Encoded): void {
    this.#settle(seq, { value });
  }

  failed(seq: number, error: Error): void {
    this.#settle(seq, { error });
  }

  /** These messages are the inputs that were taken last; the ones that were refused before, under new names. */
  stamped(envelopes: readonly Envelope[]): void {
    let position = this.#taken - envelopes.length;
    for (const { seq } of envelopes) {
      this.#positions.set(seq, position);
      position += 1;
    }
  }

  /** The broker would not take these. */
  refused(envelopes: readonly Envelope[]): void {
    for (const { seq } of envelopes) this.#positions.delete(seq);
  }

  async *run(inputs: MapInputs<unknown>, signal?: AbortSignal): AsyncGenerator<unknown, void, undefined> {
    const abort = () => this.#fail(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) abort();
    const feeding = isAsync(inputs) ? this.#feedOneByOne(inputs) : this.#feed(inputs);
    try {
      for (let outcome = await this.#next(); outcome !== undefined; outcome = await this.#next()) {
        if ('error' in outcome) throw outcome.error;
        yield decode(outcome.value);
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#isOver = true;
      this.#leaving.abort();
      this.#wakeFeeder?.();
      this.#port.abandon(this.#positions.keys());
      await feeding;
      this.#port.abandon(this.#positions.keys());
    }
  }

  /** Refills the window when half of it is free, a chunk at a time. */
  async #feed(inputs: Iterable<unknown>): Promise<void> {
    let source: Iterator<unknown> | undefined;
    try {
      source = inputs[Symbol.iterator]();
      this.#isSourceOpen = true;
      while (await this.#hasRoom(Math.ceil(this.#concurrency / 2))) {
        const drafts = this.#take(source, this.#room);
        await this.#publish(drafts);
        if (this.#isFed) break;
      }
    } catch (error) {
      this.#fail(error);
    }
    await this.#endFeeding(source);
  }

  async #feedOneByOne(inputs: AsyncIterable<unknown>): Promise<void> {
    let source: AsyncIterator<unknown> | undefined;
    try {
      source = inputs[Symbol.asyncIterator]();
      this.#isSourceOpen = true;
      while (await this.#hasRoom(1)) {
        const input = await this.#ask(source);
        if (input === undefined) break;
        await this.#publish([this.#draft(input.value)]);
      }
    } catch (error) {
      this.#fail(error);
    }
    await this.#endFeeding(source);
  }

  /** The next input; undefined after the last one, or when the map is over before the source has answered. */
  async #ask(source: AsyncIterator<unknown>): Promise<{ readonly value: unknown } | undefined> {
    if (this.#isOver) return undefined;
    this.#isSourceOpen = false; // one that throws is closed, and one that is done
    let isAsked = true;
    const left = new Promise<undefined>((resolve) => {
      this.#wakeFeeder = () => {
        if (!this.#isOver || !isAsked) return;
        isAsked = false;
        // Not waited for: a source that is silent for ever would hold up whoever leaves.
        Promise.resolve(source.return?.()).catch((error) => this.#fail(error));
        resolve(undefined);
      };
    });
    const asked = Promise.resolve(source.next()).finally(() => {
      isAsked = false;
    });
    const input = await Promise.race([left, asked]);
    if (input === undefined || input.done === true) return undefined;
    this.#isSourceOpen = true;
    return input;
  }

  #take(source: Iterator<unknown>, count: number): Draft[] {
    const drafts: Draft[] = [];
    while (drafts.length < count) {
      this.#isSourceOpen = false;
      const input = source.next();
      this.#isSourceOpen = input.done !== true;
      if (input.done === true) {
        this.#isFed = true;
        break;
      }
      drafts.push(this.#draft(input.value));
    }
    return drafts;
  }

  #draft(input: unknown): Draft {
    return { kind: 'task', agent: this.#agent, payload: encode(input) };
  }

  async #publish(drafts: readonly Draft[]): Promise<void> {
    this.#taken += drafts.length;
    await this.#port.publishAll(drafts, this, this.#leaving.signal);
  }

  #settle(seq: number, outcome: Outcome): void {
    const position = this.#positions.get(seq);
    this.#positions.delete(seq);
    if (position === undefined || this.#isOver) return;
    this.#outcomes.set(position, outcome);
    if (position === this.#yielded) this.#wakeReader?.();
  }

  /** The outcome of the next input; undefined after the last one. */
  async #next(): Promise<Outcome | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const outcome = this.#outcomes.get(this.#yielded);
      if (outcome !== undefined) {
        this.#outcomes.delete(this.#yielded);
        this.#yielded += 1;
        if (this.#room >= this.#roomWanted) this.#wakeFeeder?.();
        return outcome;
      }
      if (this.#isFed && this.#yielded === this.#taken) return undefined;
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
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
    return this.#concurrency - (this.#taken - this.#yielded);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wakeReader?.();
  }

  async #endFeeding(source: Iterator<unknown> | AsyncIterator<unknown> | undefined): Promise<void> {
    try {
      if (this.#isSourceOpen) await source?.return?.();
    } catch (error) {
      this.#fail(error);
    }
    this.#isFed = true;
    this.#wakeReader?.();
  }
}

function isAsync(inputs: MapInputs<unknown>): inputs is AsyncIterable<unknown> {
  return typeof inputs === 'object' && Symbol.asyncIterator in inputs;
}
