import type { MapOutcome } from '../coalition/map/map-options.js';
import { systemClock } from '../core/clock.js';
import type { Io } from './io.js';
import { createProgress } from './progress.js';

const SHOWN_EVERY = 256;

/** What a stress is made of. */
export interface StressParts {
  readonly messages: number;
  /** Has the messages answered. */
  readonly answers: (messages: Iterable<{ readonly n: number }>) => AsyncIterable<MapOutcome<number>>;
  /** After so many answers a worker is killed. */
  readonly crashAfter: number | undefined;
  /** Kills one, and resolves to how it died; to undefined if nobody saw that. */
  readonly kill: () => Promise<string | undefined>;
  readonly io: Io;
}

/** What a stress counted. */
export interface Tally {
  /** Messages sent: all that were asked for, or those before the wish to end. */
  readonly sent: number;
  /** Messages that were answered. */
  readonly delivered: number;
  /** Answers beyond the first to a message. */
  readonly duplicated: number;
  readonly durationS: number;
  /** How the worker died that was killed; undefined if none was. */
  readonly death: string | undefined;
}

/** Sends numbered messages, and counts by number what comes back. */
export class StressRun {
  readonly #parts: StressParts;
  readonly #isDelivered: Uint8Array;
  #sent = 0;
  #delivered = 0;
  #duplicated = 0;
  #death: Promise<string | undefined> | undefined;

  constructor(parts: StressParts) {
    this.#parts = parts;
    this.#isDelivered = new Uint8Array(parts.messages);
  }

  /** Runs to the end or, once it is asked to end, to that of what was sent. */
  async run(): Promise<Tally> {
    const startedMs = systemClock.nowMs();
    await this.#deliver();
    const durationS = (systemClock.nowMs() - startedMs) / 1_000;
    const [sent, delivered, duplicated] = [this.#sent, this.#delivered, this.#duplicated];
    return { sent, delivered, duplicated, durationS, death: await this.#death };
  }

  async #deliver(): Promise<void> {
    const { answers, messages, io, crashAfter, kill } = this.#parts;
    const progress = createProgress(io, systemClock);
    let failure: Error | undefined;
    try {
      for await (const outcome of answers(this.#messages())) {
        if (outcome.status === 'fulfilled') this.#count(outcome.index, outcome.value);
        else failure ??= outcome.error;
        if (this.#delivered === crashAfter) this.#death ??= kill();
        if (this.#delivered % SHOWN_EVERY === 0) progress.update(this.#delivered, messages, 'messages');
      }
    } finally {
      progress.stop();
    }
    if (failure !== undefined) io.fail(`a message was given up: ${failure.message}`);
  }

  *#messages(): Generator<{ readonly n: number }> {
    for (; this.#sent < this.#parts.messages && !this.#parts.io.signal.aborted; this.#sent += 1) {
      yield { n: this.#sent };
    }
  }

  /** An answer to another's question delivers nothing. */
  #count(index: number, n: number): void {
    if (n !== index) this.#parts.io.fail(`message ${index} came back as ${n}`);
    else if (this.#isDelivered[n] === 1) this.#duplicated += 1;
    else {
      this.#isDelivered[n] = 1;
      this.#delivered += 1;
    }
  }
}
