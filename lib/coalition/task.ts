import type { Clock } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import { decode, type Encoded } from '../core/value.js';

/** Whoever waits for tasks: told once for each, by the producer's sequence number. */
export interface TaskOwner {
  /** It was answered. */
  answered(seq: number, value: Encoded): void;
  /** It failed for good. */
  failed(seq: number, error: Error): void;
  /** Its last try failed, and the `attempt`-th (from 2) is to come. */
  retried?(seq: number, attempt: number): void;
}

/** How long to wait for a result, and what ends the wait early. */
export interface ResultOptions {
  /** After how long the wait fails with `Timeout`; the task goes on (default: never). */
  readonly timeoutMs?: number;
  /** Ends the wait with the signal's reason; the task goes on. */
  readonly signal?: AbortSignal;
}

type Ending =
  | { readonly state: 'completed'; readonly value: Encoded }
  | { readonly state: 'failed'; readonly error: Error };

/** A submitted task, as its submitter holds it. Its result is lazy: a failure that nobody asks for harms nobody. */
export class Task<Result = unknown> implements TaskOwner {
  /** The caller's own id, or the one it was given. */
  readonly id: string;
  /** Whose it is. */
  readonly agent: string;
  /** Whether the task survives the death of the process that holds the queue. */
  readonly durable: boolean;
  readonly #clock: Clock;
  #ending: Ending | undefined;
  #waiting: (() => void)[] = [];

  constructor(id: string, agent: string, durable: boolean, clock: Clock) {
    this.id = id;
    this.agent = agent;
    this.durable = durable;
    this.#clock = clock;
  }

  /** Where it stands. */
  get state(): 'pending' | 'completed' | 'failed' {
    return this.#ending?.state ?? 'pending';
  }

  answered(_seq: number, value: Encoded): void {
    this.#end({ state: 'completed', value });
  }

  failed(_seq: number, error: Error): void {
    this.#end({ state: 'failed', error });
  }

  /**
   * What the handler returned, a fresh copy on each call.
   * @throws `HandlerFailed` or `WorkerCrashed` once the attempts are used up, `ShuttingDown` when the coalition
   * ended first, `Timeout` after `timeoutMs` (the task goes on), the signal's reason when it aborts.
   */
  async result(options: ResultOptions = {}): Promise<Result> {
    if (this.#ending === undefined) await this.#wait(options);
    const ending = this.#ending;
    if (ending?.state === 'completed') return decode(ending.value) as Result;
    throw ending?.error ?? new ConclaveError('Timeout', this.#timeoutText(options));
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #wait({ timeoutMs, signal }: ResultOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        timer?.cancel();
        signal?.removeEventListener('abort', abort);
        this.#waiting = this.#waiting.filter((wake) => wake !== finish);
        resolve();
      };
      const abort = () => {
        reject(signal?.reason);
        finish();
      };
      const timer = timeoutMs === undefined ? undefined : this.#clock.setTimer(finish, timeoutMs);
      this.#waiting.push(finish);
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted === true) abort();
    });
  }

  #timeoutText({ timeoutMs }: ResultOptions): string {
    return `Task ${this.id} ("${this.agent}") had no result after ${timeoutMs} ms; it goes on, and can be asked again.`;
  }
}
