import { inspect } from 'node:util';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Clock, Timer } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import type { TaskExtra } from '../core/frame.js';
import { checkPayload } from '../core/payload.js';
import type { Encoded } from '../core/value.js';
import type { AgentContext, AgentHandle } from './contract.js';
import { type ContextMaker, lazyContext } from './lazy-context.js';
import { TaskContext, type TaskContextListener, type TaskSurroundings } from './task-context.js';

/** An agent as the runner knows it: whatever it was declared with, there is something to call. */
export interface RunnableAgent {
  readonly name: string;
  readonly handle: AgentHandle;
  readonly input?: StandardSchemaV1;
  /** How long one try may take, unless the task says otherwise. */
  readonly timeoutMs?: number;
}

/** Tasks that came together, as a try at one of them sees them: each by its position. */
export interface TaskSource {
  /** The number under which they came. */
  readonly number: number;
  idOf(at: number): string;
  /** From 1. */
  attemptOf(at: number): number;
  /** A copy that is the handler's own. */
  payloadOf(at: number): unknown;
  /** What the task itself says of its time; undefined: as the agent says. */
  timeoutMsOf(at: number): number | undefined;
  /** What earlier tries recorded. */
  recordedOf(at: number): TaskExtra['recorded'];
}

/** Who hears of the tasks of a worker while they run. */
export interface TaskListener {
  /**
   * A task with a time limit begins. Resolves once that has left the worker, undefined if it has: the handler is not
   * called before, as it may keep the thread for good.
   */
  began(batch: number, at: number): Promise<void> | undefined;
  progress(batch: number, at: number, fraction: number): void;
  /** An outcome of `once` to be kept. */
  record(batch: number, at: number, key: string, outcome: Encoded): void;
}

/** What the tries of a worker have in common. */
export interface TrySurroundings extends TaskSurroundings {
  readonly clock: Clock;
  readonly listener: TaskListener;
}

/**
 * One try at one task: checks the payload, calls the handler, and aborts it when its time is up. A handler that does
 * not answer its abort keeps its place in the worker, so that there are never more handlers than places; the
 * coordinator's side, which was told when it began, ends the worker.
 */
export class TaskTry implements TaskContextListener, ContextMaker {
  readonly #agent: RunnableAgent;
  readonly #source: TaskSource;
  readonly #at: number;
  readonly #surroundings: TrySurroundings;
  readonly #timeoutMs: number | undefined;
  /** Most handlers never look at theirs, so that it is made for those that do. */
  #context: TaskContext | undefined;
  #abortReason: ConclaveError | undefined;
  #beganMs = 0;
  #timer: Timer | undefined;
  #timeout: ConclaveError | undefined;

  constructor(agent: RunnableAgent, source: TaskSource, at: number, surroundings: TrySurroundings) {
    this.#agent = agent;
    this.#source = source;
    this.#at = at;
    this.#surroundings = surroundings;
    this.#timeoutMs = source.timeoutMsOf(at) ?? agent.timeoutMs;
  }

  /** What was claimed so far; undefined if nothing. */
  get claims() {
    return this.#context?.claims;
  }

  /** What the handler may look at. */
  get handed(): AgentContext {
    this.#context ??= this.#makeContext();
    return this.#context.handed;
  }

  /** What shows where a handler prints its context, which `this` then is. */
  [inspect.custom](): object {
    return Object.defineProperties({}, Object.getOwnPropertyDescriptors(this));
  }

  /** What the handler answers, or a promise of it. @throws what the handler or its schema throws. */
  begin(): unknown {
    if (this.#timeoutMs === undefined) return this.#call();
    const { clock, listener } = this.#surroundings;
    this.#beganMs = clock.nowMs();
    this.#timer = clock.setTimer(() => this.#expire(), this.#timeoutMs);
    const told = listener.began(this.#source.number, this.#at);
    return told === undefined ? this.#call() : told.then(() => this.#callUnlessAborted());
  }

  progress(fraction: number): void {
    this.#surroundings.listener.progress(this.#source.number, this.#at, fraction);
  }

  record(key: string, outcome: Encoded): void {
    this.#surroundings.listener.record(this.#source.number, this.#at, key, outcome);
  }

  /** Only the first reason counts. */
  abort(reason: ConclaveError): void {
    this.#abortReason ??= reason;
    this.#context?.abort(this.#abortReason);
  }

  /** What `once` sent under this key is safe. */
  recorded(key: string): void {
    this.#context?.recorded(key);
  }

  /** Nobody will ask for its end. */
  giveUp(reason: ConclaveError): void {
    this.#timer?.cancel();
    this.abort(reason);
  }

  /** The handler has answered, or failed: `Timeout` if that took too long, whatever it was. */
  end(): ConclaveError | undefined {
    this.#context?.end();
    if (this.#timeoutMs === undefined) return undefined;
    this.#timer?.cancel();
    // A handler that kept the thread has also kept the timer from firing.
    const isLate = this.#surroundings.clock.nowMs() - this.#beganMs >= this.#timeoutMs;
    if (isLate) this.#timeout ??= tookTooLong(this.#agent.name, this.#timeoutMs);
    return this.#timeout;
  }

  #expire(): void {
    this.#timeout = tookTooLong(this.#agent.name, this.#timeoutMs ?? 0);
    this.abort(this.#timeout);
  }

  #call(): unknown {
    const { name, input } = this.#agent;
    const payload = this.#source.payloadOf(this.#at);
    if (input === undefined) return this.#handle(payload);
    const checked = checkPayload(name, input, payload);
    if (!(checked instanceof Promise)) return this.#handle(checked);
    return checked.then((output) => {
      this.#throwIfAborted();
      return this.#handle(output);
    });
  }

  #callUnlessAborted(): unknown {
    this.#throwIfAborted();
    return this.#call();
  }

  #throwIfAborted(): void {
    if (this.#abortReason !== undefined) throw this.#abortReason;
  }

  /** What a payload is, is between the submitter and the handler. */
  #handle(payload: unknown): unknown {
    return this.#agent.handle(payload as never, lazyContext(this));
  }

  #makeContext(): TaskContext {
    const [source, at] = [this.#source, this.#at];
    const particulars = {
      id: source.idOf(at),
      attempt: source.attemptOf(at),
      recorded: source.recordedOf(at),
    };
    const context = new TaskContext(this.#surroundings, particulars, this);
    if (this.#abortReason !== undefined) context.abort(this.#abortReason);
    return context;
  }
}

/** The failure of a try that was too slow, with what the handler threw beside it. */
export function failureOf(thrown: unknown, timeout: ConclaveError | undefined): unknown {
  if (timeout === undefined || thrown === timeout) return thrown;
  return new ConclaveError('Timeout', timeout.message, { cause: thrown });
}

function tookTooLong(agent: string, timeoutMs: number): ConclaveError {
  return new ConclaveError(
    'Timeout',
    `Agent "${agent}" had not answered after ${timeoutMs} ms (timeoutMs). ` +
      'Make its tasks smaller, let its handler look at context.signal, or give it more time.',
  );
}
