import type { Timer } from '../core/clock.js';
import { Deque } from '../core/deque.js';
import { ConclaveError } from '../core/errors.js';
import type { ChunkFrame, TaskBatch } from '../core/frame.js';
import { HeldBatch } from './held-batch.js';
import { HeldChunk } from './held-chunk.js';
import { type Ended, type HeldTasks, NONE, type Settled } from './held-tasks.js';
import {
  failureOf,
  type RunnableAgent,
  type TaskListener,
  TaskTry,
  type TrySurroundings,
} from './task-try.js';
import { TURN_MS, Turn } from './turn.js';

/** Who hears what becomes of the tasks of a worker. */
export interface TaskRunnerListener extends TaskListener {
  /** Outcomes to report, at most every 10 ms of work and whenever the worker has nothing else to do. */
  settled(settled: readonly Settled[], ended: ReadonlyMap<string, Ended>, serviceMs: number): void;
}

export interface TaskRunnerOptions extends TrySurroundings {
  readonly agents: ReadonlyMap<string, RunnableAgent>;
  readonly concurrency: number;
  readonly listener: TaskRunnerListener;
}

/** Tasks given back unbegun, and whose they are. */
export interface Recalled {
  readonly at: readonly number[];
  readonly agents: readonly string[];
}

/**
 * Runs tasks in order, `concurrency` at a time, and collects what becomes of them. A handler that answers
 * without a promise costs none; one that does is waited for while others run.
 */
export class TaskRunner {
  readonly #options: TaskRunnerOptions;
  /** What has tasks that wait for their turn, in order. */
  readonly #line = new Deque<HeldTasks>();
  readonly #held = new Map<number, HeldTasks>();
  /** Where something has ended since the last report. */
  #dirty: HeldTasks[] = [];
  readonly #turn: Turn;
  /** Whose task was begun last. */
  #agent: RunnableAgent | undefined;
  #running = 0;
  #isPumping = false;
  #flushTimer: Timer | undefined;
  #isAborted = false;
  #flushedMs = 0;
  /** Since it fell busy, or reported last. */
  #busySinceMs = 0;
  #onQuiet: (() => void) | undefined;

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
    this.#turn = new Turn(options.clock);
  }

  /** Batches and chunks that stand in line, recalled ones that could not leave it yet included. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Takes tasks, at least one of which is to be run. */
  accept(frame: TaskBatch | ChunkFrame): void {
    const { payloadBytesMax } = this.#options;
    const held =
      frame.type === 'batch' ? new HeldBatch(frame, payloadBytesMax) : new HeldChunk(frame, payloadBytesMax);
    if (this.#held.size === 0) this.#busySinceMs = this.#options.clock.nowMs();
    this.#held.set(held.number, held);
    this.#line.pushBack(held);
    this.#pump();
  }

  /** Aborts tasks: those that run by their signal, those that wait at their turn. */
  cancel(number: number, positions: readonly number[], reason: string): void {
    const held = this.#held.get(number);
    if (held === undefined) return; // it has settled: the cancel came too late
    for (const at of positions) {
      held.cancel(at, reason);
      held.running.get(at)?.abort(new ConclaveError('Cancelled', reason));
    }
  }

  /** Gives back those of these tasks that have not begun. */
  recall(number: number, positions: readonly number[]): Recalled {
    const held = this.#held.get(number);
    if (held === undefined) return { at: [], agents: [] };
    const at = held.recall(positions);
    this.#trim();
    if (held.isDone && !held.isNoted) this.#held.delete(number);
    return { at, agents: at.map((position) => held.agentOf(position)) };
  }

  /** What `once` sent under this key is safe. */
  recorded(number: number, at: number, key: string): void {
    this.#held.get(number)?.running.get(at)?.recorded(key);
  }

  /** Gives everything up: nothing more is started or reported. */
  abort(reason: string): void {
    this.#isAborted = true;
    for (const { running } of this.#held.values()) {
      for (const trial of running.values()) trial.giveUp(new ConclaveError('Cancelled', reason));
    }
  }

  /** Waits, at most `waitMs`, until the handlers that run have returned: aborted ones have something to put away. */
  async quiet(waitMs: number): Promise<void> {
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.setTimer(resolve, waitMs);
      this.#onQuiet = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** What was recalled at the end of the line leaves it at once, so that recalls cannot make it grow. */
  #trim(): void {
    for (let last = this.#line.popBack(); last !== undefined; last = this.#line.popBack()) {
      if (last.waiting === 0) continue;
      this.#line.pushBack(last);
      return;
    }
  }

  #pump(): void {
    if (this.#running === 0) this.#onQuiet?.();
    if (this.#isPumping || this.#isAborted) return;
    this.#isPumping = true;
    this.#turn.begin();
    let isTurnOver = false;
    while (this.#running < this.#options.concurrency && !isTurnOver) {
      const held = this.#line.peekFront();
      if (held === undefined) break;
      const at = held.next();
      if (held.waiting === 0) this.#line.popFront();
      if (at === NONE) continue;
      this.#run(held, at);
      isTurnOver = this.#turn.isOver();
    }
    this.#isPumping = false;
    if (isTurnOver) this.#yield();
    else this.#flushSoon();
  }

  #yield(): void {
    this.#flush();
    this.#options.clock.defer(() => this.#pump());
  }

  #run(held: HeldTasks, at: number): void {
    let trial: TaskTry | undefined;
    try {
      trial = this.#try(held, at);
      const answer = trial.begin();
      if (isPromise(answer)) this.#await(held, at, trial, answer);
      else this.#succeed(held, at, trial, answer);
    } catch (error) {
      this.#fail(held, at, error, trial?.end());
    }
  }

  /** @throws why there is nothing to try. */
  #try(held: HeldTasks, at: number): TaskTry {
    const reason = held.cancelled(at);
    if (reason !== undefined) throw new ConclaveError('Cancelled', reason);
    return new TaskTry(this.#agentOf(held, at), held, at, this.#options);
  }

  /** Tasks in a row are mostly of one agent. @throws `UnknownAgent`. */
  #agentOf(held: HeldTasks, at: number): RunnableAgent {
    const { agents } = this.#options;
    const name = held.agentOf(at);
    if (this.#agent?.name === name) return this.#agent;
    this.#agent = agents.get(name);
    if (this.#agent === undefined) throw unknownAgent(name, agents);
    return this.#agent;
  }

  #await(held: HeldTasks, at: number, trial: TaskTry, answer: PromiseLike<unknown>): void {
    this.#running += 1;
    held.running.set(at, trial);
    const end = () => {
      this.#running -= 1;
      held.running.delete(at);
      this.#pump();
    };
    // A promise of ours comes back as it is; any other thenable is tamed: it settles once, and never throws.
    Promise.resolve(answer).then(
      (value) => {
        this.#succeed(held, at, trial, value);
        end();
      },
      (error) => {
        this.#fail(held, at, error, trial.end());
        end();
      },
    );
  }

  #succeed(held: HeldTasks, at: number, trial: TaskTry, value: unknown): void {
    const timeout = trial.end();
    try {
      if (timeout !== undefined) throw timeout;
      held.answer(at, value, trial.claims);
      this.#note(held);
    } catch (error) {
      this.#fail(held, at, error, undefined);
    }
  }

  #fail(held: HeldTasks, at: number, error: unknown, timeout: ConclaveError | undefined): void {
    held.fail(at, failureOf(error, timeout));
    this.#note(held);
  }

  #note(held: HeldTasks): void {
    if (held.isNoted) return;
    held.isNoted = true;
    this.#dirty.push(held);
  }

  /** At once when there is nothing else to do; otherwise within a turn, so that no outcome waits for a slow task. */
  #flushSoon(): void {
    if (this.#dirty.length === 0) return;
    if (this.#running === 0) {
      this.#flush();
      return;
    }
    if (this.#flushTimer !== undefined) return;
    if (this.#options.clock.nowMs() - this.#flushedMs >= TURN_MS) {
      this.#flush();
      return;
    }
    const background = { background: true };
    this.#flushTimer = this.#options.clock.setTimer(() => this.#flush(), TURN_MS, background);
  }

  #flush(): void {
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
    if (this.#dirty.length === 0 || this.#isAborted) return;
    this.#flushedMs = this.#options.clock.nowMs();
    const workMs = this.#flushedMs - this.#busySinceMs;
    this.#busySinceMs = this.#flushedMs;
    const settled: Settled[] = [];
    const ended = new Map<string, Ended>();
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const held of dirty) {
      held.isNoted = false;
      settled.push(...held.takeSettled(ended));
      if (held.isDone) this.#held.delete(held.number);
    }
    this.#options.listener.settled(settled, ended, workMs / countOf(ended));
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function unknownAgent(name: string, agents: ReadonlyMap<string, unknown>): ConclaveError {
  return new ConclaveError(
    'UnknownAgent',
    `No agent is called "${name}" in this worker; it has ${[...agents.keys()].join(', ')}.`,
  );
}

function countOf(ended: ReadonlyMap<string, Ended>): number {
  let all = 0;
  for (const { count } of ended.values()) all += count;
  return all;
}
