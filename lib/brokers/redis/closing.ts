import { type Clock, type Timer, within } from '../../core/clock.js';
import type { CloseReport, CloseRequest } from '../contract.js';

/** What a close has to do with. */
export interface Closable {
  /** Asks how many messages the queues hold and have settled in all. */
  readonly look: () => Promise<{ held: number; settled: number }>;
  /** How many the queues held when they were heard of last; undefined if one of them never was. */
  readonly held: () => number | undefined;
  /** Gives those who wait what there is at this instant. */
  readonly serve: () => Promise<void>;
  /** Sends away whoever waits. */
  readonly dismiss: () => Promise<void>;
  /** Ends the connection. */
  readonly disconnect: () => Promise<void>;
}

/** Others settle too, and do not say so: so often a drain looks. */
const LOOK_EVERY_MS = 250;
/** A server that answers nothing any more holds up the end no longer than this. */
const LAST_LOOK_MS = 2_000;

/** A close that has begun: it ends when all is settled or at its deadline, whichever comes first. */
export class Closing {
  /** Whether it has come to its end: nothing is served any more. */
  hasEnded = false;
  readonly report: Promise<CloseReport>;
  readonly #clock: Clock;
  readonly #closable: Closable;
  readonly #before: Promise<number | undefined>;
  #resolve: (report: CloseReport) => void = () => undefined;
  #reject: (fault: unknown) => void = () => undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #deadline: Timer | undefined;
  #look: Timer | undefined;

  constructor(clock: Clock, closable: Closable) {
    this.#clock = clock;
    this.#closable = closable;
    this.report = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#before = closable.look().then(
      ({ settled }) => settled,
      () => undefined,
    );
  }

  /** Brings the end forward to what this request allows. */
  hasten({ drain, deadlineMs }: CloseRequest): void {
    const leftMs = drain ? Math.max(0, deadlineMs) : 0;
    const endMs = this.#clock.nowMs() + leftMs;
    if (this.hasEnded || endMs >= this.#deadlineMs) return;
    this.#deadlineMs = endMs;
    this.#deadline?.cancel();
    if (leftMs === 0) {
      void this.#end();
      return;
    }
    this.#deadline = this.#clock.setTimer(() => void this.#closable.serve().then(() => this.#end()), leftMs);
    void this.#before.then(() => this.check());
    this.#lookAgain();
  }

  /** Something was settled: it may have been the last. */
  check(): void {
    if (!this.hasEnded && this.#closable.held() === 0) void this.#end();
  }

  #lookAgain(): void {
    this.#look?.cancel();
    this.#look = this.#clock.setTimer(() => void this.#lookOnce(), LOOK_EVERY_MS);
  }

  async #lookOnce(): Promise<void> {
    try {
      await this.#closable.look();
    } catch {
      // A server that cannot be asked now may be back before the deadline, which ends this anyway.
    }
    if (this.hasEnded) return;
    this.check();
    if (!this.hasEnded) this.#lookAgain();
  }

  async #end(): Promise<void> {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.#deadline?.cancel();
    this.#look?.cancel();
    const looked = this.#lookLast();
    try {
      const isAnswered = await within(this.#clock, LAST_LOOK_MS, looked);
      this.#resolve(isAnswered ? await looked : this.#heard());
    } catch (fault) {
      this.#reject(fault);
    } finally {
      await this.#closable.disconnect();
    }
  }

  /** What stays is the server's to keep, and there when the queues are opened again. */
  async #lookLast(): Promise<CloseReport> {
    const before = await this.#before;
    await this.#closable.dismiss();
    try {
      const { held, settled } = await this.#closable.look();
      return { drained: settled - (before ?? settled), returned: held, abandoned: 0 };
    } catch {
      return this.#heard();
    }
  }

  /** Nobody is there to be asked: what was heard last is the best that there is to say. */
  #heard(): CloseReport {
    return { drained: 0, returned: this.#closable.held() ?? 0, abandoned: 0 };
  }
}
