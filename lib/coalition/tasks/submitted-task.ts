import { onAbort } from '../../core/abort.js';
import type { Clock } from '../../core/clock.js';
import { ConclaveError, messageOf } from '../../core/errors.js';
import { optionalWhole, optionsOf } from '../../core/parse.js';
import { decode, type Encoded } from '../../core/value.js';
import type { AnswerColumn } from '../chunks/answer-column.js';
import { parseSignal } from './submit-options.js';
import type { ResultOptions, Task, TaskOwner, TaskState } from './task.js';

/** What tasks ask of whoever submitted them: one for all, so that a pending task costs no closure. */
export interface TaskDesk {
  readonly clock: Clock;
  readonly durable: boolean;
  /** The id that goes with a sequence number of ours. */
  idOf(seq: number): string;
  /** Whether that task of ours is with a worker. */
  isRunning(seq: number): boolean;
  /** Answers how many of them were still pending. */
  cancel(tasks: readonly SubmittedTask[], reason: unknown): number;
  /** It has its ending, and whoever asked for it is being told. */
  ended(task: SubmittedTask): void;
}

type Ending =
  | { readonly state: 'completed'; readonly value: Encoded }
  | { readonly state: 'completed'; readonly column: AnswerColumn; readonly at: number }
  | { readonly state: 'failed'; readonly error: Error }
  /** Its error is made when somebody asks: a million tasks of a map that was left are cancelled at once. */
  | { readonly state: 'cancelled'; readonly reason: unknown };

/** As many as cross from a worker. */
const CAUSE_DEPTH_MAX = 9;

/** Waits as long as it takes. */
const PATIENT: ResultOptions = Object.freeze({});

const RESULT_OPTIONS = ['timeoutMs', 'signal'] satisfies (keyof ResultOptions)[];

/** A task from its publish to its ending, for whoever asks. Nothing waits in it before somebody does. */
export class SubmittedTask implements Task, TaskOwner {
  readonly agent: string;
  readonly #desk: TaskDesk;
  #seq: number;
  #id: string | undefined;
  #attempt = 1;
  #ending: Ending | undefined;
  /** The first who waits, apart: most tasks are waited for once. */
  #waiter: (() => void) | undefined;
  #waiting: Set<() => void> | undefined;

  /** Without an id it has the one that goes with its number, made when somebody asks. */
  constructor(seq: number, id: string | undefined, agent: string, desk: TaskDesk) {
    this.#seq = seq;
    this.#id = id;
    this.agent = agent;
    this.#desk = desk;
  }

  get id(): string {
    this.#id ??= this.#desk.idOf(this.#seq);
    return this.#id;
  }

  get seq(): number {
    return this.#seq;
  }

  get durable(): boolean {
    return this.#desk.durable;
  }

  get state(): TaskState {
    if (this.#ending !== undefined) return this.#ending.state;
    return this.#desk.isRunning(this.#seq) ? 'running' : 'waiting';
  }

  get attempt(): number {
    return this.#attempt;
  }

  /** Whoever has its id may ask the broker for its answer. */
  get isAskedFor(): boolean {
    return true;
  }

  get isPending(): boolean {
    return this.#ending === undefined;
  }

  /** About how many bytes it keeps: its result as text, or what its error and the causes of that say. */
  get endingBytes(): number {
    const ending = this.#ending;
    if (ending !== undefined && 'value' in ending) return Buffer.byteLength(ending.value);
    return ending?.state === 'failed' ? textBytes(ending.error) : 0;
  }

  answered(_seq: number, value: Encoded): void {
    this.#end({ state: 'completed', value });
  }

  /** It was answered, with others, in a column. */
  answeredIn(column: AnswerColumn, at: number): void {
    this.#end({ state: 'completed', column, at });
  }

  /** It goes on under another number; its id stays. */
  moveTo(seq: number): void {
    this.#id = this.id;
    this.#seq = seq;
  }

  failed(_seq: number, error: Error): void {
    this.#end({ state: 'failed', error });
  }

  retried(_seq: number, attempt: number): void {
    this.#attempt = attempt;
  }

  /** It was given up for that reason. */
  cancelled(reason: unknown): void {
    this.#end({ state: 'cancelled', reason });
  }

  cancel(reason?: unknown): boolean {
    return this.isPending && this.#desk.cancel([this], reason) === 1;
  }

  async result(options?: ResultOptions): Promise<unknown> {
    const request = options === undefined ? PATIENT : parseResult(options);
    if (this.#ending === undefined) await (request === PATIENT ? this.#atEnd() : this.#wait(request));
    const ending = this.#ending;
    if (ending === undefined) throw new ConclaveError('Timeout', this.#timeoutText(request));
    if (ending.state === 'completed')
      return 'value' in ending ? decode(ending.value) : ending.column.copy(ending.at);
    throw ending.state === 'failed' ? ending.error : cancelledError(this, ending.reason);
  }

  /** Calls back once it has ended, unless told otherwise before. */
  onEnd(callback: () => void): void {
    if (this.#waiter === undefined) this.#waiter = callback;
    else {
      this.#waiting ??= new Set();
      this.#waiting.add(callback);
    }
  }

  #end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    const waiter = this.#waiter;
    const waiting = this.#waiting;
    this.#waiter = undefined;
    this.#waiting = undefined;
    this.#desk.ended(this);
    waiter?.();
    if (waiting !== undefined) for (const wake of waiting) wake();
  }

  #atEnd(): Promise<void> {
    return new Promise((resolve) => this.onEnd(resolve));
  }

  #forget(callback: () => void): void {
    if (this.#waiter === callback) this.#waiter = undefined;
    else this.#waiting?.delete(callback);
  }

  #wait({ timeoutMs, signal }: ResultOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        timer?.cancel();
        forget?.();
        this.#forget(finish);
        resolve();
      };
      const abort = () => {
        reject(signal?.reason);
        finish();
      };
      const timer = timeoutMs === undefined ? undefined : this.#desk.clock.setTimer(finish, timeoutMs);
      this.onEnd(finish);
      const forget = signal && onAbort(signal, abort);
      if (signal?.aborted === true) abort();
    });
  }

  #timeoutText({ timeoutMs }: ResultOptions): string {
    return `Task ${this.id} ("${this.agent}") had no result after ${timeoutMs} ms; it goes on, and can be asked again.`;
  }
}

/** @throws `InvalidOption`. */
export function parseResult(options: ResultOptions): ResultOptions {
  const given = optionsOf(options, 'the options of result', RESULT_OPTIONS);
  optionalWhole('timeoutMs', given.timeoutMs, 0, Number.MAX_SAFE_INTEGER);
  parseSignal(given.signal);
  return given;
}

/** The stack of an error made here is not text before somebody reads it; one that crossed a boundary is. */
function textBytes(error: Error): number {
  let bytes = 0;
  let cause: unknown = error;
  for (let depth = 0; depth < CAUSE_DEPTH_MAX && cause instanceof Error; depth += 1) {
    const stack = cause instanceof ConclaveError ? '' : (cause.stack ?? '');
    bytes += cause.message.length + stack.length;
    cause = cause.cause;
  }
  return bytes;
}

function cancelledError({ id, agent }: SubmittedTask, reason: unknown): ConclaveError {
  const why = reason === undefined ? '.' : `: ${messageOf(reason)}`;
  return new ConclaveError('Cancelled', `Task ${id} ("${agent}") was cancelled${why}`, { cause: reason });
}
