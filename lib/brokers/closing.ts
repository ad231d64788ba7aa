import type { Clock, Timer } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import type { CloseReport, CloseRequest } from './contract.js';
import { TIMER_MS_MAX } from './waiting-line.js';

/** What is being closed. */
export interface Closable {
  readonly name: string;
  /** Messages that are not settled. */
  held(): number;
  /** Messages settled, ever. */
  settled(): number;
  /** Lets go of everything; answers what becomes of what was held. */
  end(): Omit<CloseReport, 'drained'>;
}

/** The closing of a broker of one process: once begun, it ends when all is settled, or when the time is up. */
export class BrokerClosing {
  readonly #clock: Clock;
  readonly #broker: Closable;
  readonly #report = pendingReport();
  #settledBefore = 0;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #hasBegun = false;
  #hasEnded = false;

  constructor(clock: Clock, broker: Closable) {
    this.#clock = clock;
    this.#broker = broker;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** A second call can only bring the end forward; both get the one report. */
  close(request: CloseRequest): Promise<CloseReport> {
    if (!this.#hasBegun) this.#settledBefore = this.#broker.settled();
    this.#hasBegun = true;
    const deadlineMs = this.#clock.nowMs() + (request.drain ? Math.max(0, request.deadlineMs) : 0);
    if (!this.#hasEnded && deadlineMs < this.#deadlineMs) this.#endBy(deadlineMs);
    this.endIfDrained();
    return this.#report.promise;
  }

  /** To be called whenever something was settled. */
  endIfDrained(): void {
    if (this.#hasBegun && !this.#hasEnded && this.#broker.held() === 0) this.#end();
  }

  /** The refusal of a call that comes too late. */
  refusal(operation: string): ConclaveError {
    return new ConclaveError(
      'ShuttingDown',
      `${operation} on the broker ${this.#broker.name}, which is closing or closed; it takes no more. Open another one.`,
    );
  }

  #endBy(deadlineMs: number): void {
    this.#timer?.cancel();
    this.#deadlineMs = deadlineMs;
    const leftMs = deadlineMs - this.#clock.nowMs();
    if (leftMs <= 0) this.#end();
    else this.#timer = this.#clock.setTimer(() => this.#endBy(deadlineMs), Math.min(leftMs, TIMER_MS_MAX));
  }

  #end(): void {
    this.#hasEnded = true;
    this.#timer?.cancel();
    try {
      const rest = this.#broker.end();
      this.#report.resolve({ drained: this.#broker.settled() - this.#settledBefore, ...rest });
    } catch (error) {
      this.#report.reject(error);
    }
  }
}

interface PendingReport {
  readonly promise: Promise<CloseReport>;
  readonly resolve: (report: CloseReport) => void;
  readonly reject: (error: unknown) => void;
}

function pendingReport(): PendingReport {
  const settle: { resolve?: PendingReport['resolve']; reject?: PendingReport['reject'] } = {};
  const promise = new Promise<CloseReport>((resolve, reject) => Object.assign(settle, { resolve, reject }));
  return {
    promise,
    resolve: (report) => settle.resolve?.(report),
    reject: (error) => settle.reject?.(error),
  };
}
