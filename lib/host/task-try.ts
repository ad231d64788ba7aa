import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Clock, Timer } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import { checkPayload } from '../core/payload.js';
import { decode, type Encoded } from '../core/value.js';
import type { AgentHandle } from './contract.js';
import {
  TaskContext,
  type TaskContextListener,
  type TaskParticulars,
  type TaskSurroundings,
} from './task-context.js';

/** An agent as the runner knows it: whatever it was declared with, there is something to call. */
export interface RunnableAgent {
  readonly name: string;
  readonly handle: AgentHandle;
  readonly input?: StandardSchemaV1;
  /** How long one try may take, unless the task says otherwise. */
  readonly timeoutMs?: number;
}

/** One task, as the try at it sees it. */
export interface TriedTask extends TaskParticulars {
  /** The number of its batch, and its place in it. */
  readonly batch: number;
  readonly at: number;
  readonly payload: Encoded;
  /** What the task itself says of its time; null: as the agent says. */
  readonly timeoutMs: number | null;
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
export class TaskTry implements TaskContextListener {
  readonly #agent: RunnableAgent;
  readonly #task: TriedTask;
  readonly #surroundings: TrySurroundings;
  readonly #context: TaskContext;
  readonly #timeoutMs: number | undefined;
  #beganMs = 0;
  #timer: Timer | undefined;
  #timeout: ConclaveError | undefined;

  constructor(agent: RunnableAgent, task: TriedTask, surroundings: TrySurroundings) {
    this.#agent = agent;
    this.#task = task;
    this.#surroundings = surroundings;
    this.#context = new TaskContext(surroundings, task, this);
    this.#timeoutMs = task.timeoutMs ?? agent.timeoutMs;
  }

  /** What was claimed so far; undefined if nothing. */
  get claims() {
    return this.#context.claims;
  }

  /** What the handler answers, or a promise of it. @throws what the handler or its schema throws. */
  begin(): unknown {
    if (this.#timeoutMs === undefined) return this.#call();
    const { clock, listener } = this.#surroundings;
    this.#beganMs = clock.nowMs();
    this.#timer = clock.setTimer(() => this.#expire(), this.#timeoutMs);
    const told = listener.began(this.#task.batch, this.#task.at);
    return told === undefined ? this.#call() : told.then(() => this.#callUnlessAborted());
  }

  progress(fraction: number): void {
    this.#surroundings.listener.progress(this.#task.batch, this.#task.at, fraction);
  }

  record(key: string, outcome: Encoded): void {
    this.#surroundings.listener.record(this.#task.batch, this.#task.at, key, outcome);
  }

  abort(reason: ConclaveError): void {
    this.#context.abort(reason);
  }

  /** What `once` sent under this key is safe. */
  recorded(key: string): void {
    this.#context.recorded(key);
  }

  /** Nobody will ask for its end. */
  giveUp(reason: ConclaveError): void {
    this.#timer?.cancel();
    this.#context.abort(reason);
  }

  /** The handler has answered, or failed: `Timeout` if that took too long, whatever it was. */
  end(): ConclaveError | undefined {
    this.#context.end();
    if (this.#timeoutMs === undefined) return undefined;
    this.#timer?.cancel();
    // A handler that kept the thread has also kept the timer from firing.
    const isLate = this.#surroundings.clock.nowMs() - this.#beganMs >= this.#timeoutMs;
    if (isLate) this.#timeout ??= tookTooLong(this.#agent.name, this.#timeoutMs);
    return this.#timeout;
  }

  #expire(): void {
    this.#timeout = tookTooLong(this.#agent.name, this.#timeoutMs ?? 0);
    this.#context.abort(this.#timeout);
  }

  #call(): unknown {
    const { name, input } = this.#agent;
    const payload = decode(this.#task.payload);
    if (input === undefined) return this.#handle(payload);
    const checked = checkPayload(name, input, payload);
    if (!(checked instanceof Promise)) return this.#handle(checked);
    return checked.then((output) => {
      this.#context.throwIfAborted();
      return this.#handle(output);
    });
  }

  #callUnlessAborted(): unknown {
    this.#context.throwIfAborted();
    return this.#call();
  }

  /** What a payload is, is between the submitter and the handler. */
  #handle(payload: unknown): unknown {
    return this.#agent.handle(payload as never, this.#context.handed);
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
