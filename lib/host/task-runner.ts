import { Deque } from '../core/deque.js';
import { ConclaveError } from '../core/errors.js';
import type { TaskBatch } from '../core/frame.js';
import { type Encoded, encodeWithin } from '../core/value.js';
import { HeldBatch, type Settled } from './held-batch.js';
import {
  failureOf,
  type RunnableAgent,
  type TaskListener,
  TaskTry,
  type TrySurroundings,
} from './task-try.js';

/** Milliseconds of work after which outcomes are sent and the event loop gets its turn. */
const TURN_MS = 10;

/** How many tasks of one agent ended, and how many of these by an error. */
export interface Ended {
  count: number;
  failed: number;
}

/** Who hears what becomes of the tasks of a worker. */
export interface TaskRunnerListener extends TaskListener {
  /** Outcomes to report, at most every 10 ms of work and whenever the worker has nothing else to do. */
  settled(settled: readonly Settled[], ended: ReadonlyMap<string, Ended>): void;
}

export interface TaskRunnerOptions extends TrySurroundings {
  readonly agents: ReadonlyMap<string, RunnableAgent>;
  readonly concurrency: number;
  readonly listener: TaskRunnerListener;
}

interface Task {
  readonly batch: HeldBatch;
  readonly at: number;
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
  readonly #queue = new Deque<Task>();
  readonly #batches = new Map<number, HeldBatch>();
  readonly #dirty = new Set<HeldBatch>();
  #ended = new Map<string, Ended>();
  #running = 0;
  #isPumping = false;
  #isFlushDue = false;
  #isAborted = false;
  #flushedMs = 0;
  #onQuiet: (() => void) | undefined;

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
  }

  /** Tasks that stand in line, recalled ones that could not leave it yet included. */
  get waiting(): number {
    return this.#queue.length;
  }

  accept(frame: TaskBatch): void {
    const batch = new HeldBatch(frame);
    this.#batches.set(frame.batch, batch);
    for (let at = 0; at < frame.ids.length; at += 1) this.#queue.pushBack({ batch, at });
    this.#pump();
  }

  /** Aborts tasks of a batch: those that run by their signal, those that wait at their turn. */
  cancel(number: number, positions: readonly number[], reason: string): void {
    const batch = this.#batches.get(number);
    if (batch === undefined) return; // it has settled: the cancel came too late
    for (const at of positions) {
      batch.cancel(at, reason);
      batch.running.get(at)?.abort(new ConclaveError('Cancelled', reason));
    }
  }

  /** Gives back those of these tasks that have not begun. */
  recall(number: number, positions: readonly number[]): Recalled {
    const batch = this.#batches.get(number);
    if (batch === undefined) return { at: [], agents: [] };
    const at = batch.recall(positions);
    this.#trim();
    if (batch.isDone && !this.#dirty.has(batch)) this.#batches.delete(number);
    return { at, agents: at.map((position) => batch.frame.agents[position] ?? '') };
  }

  /** What `once` sent under this key is safe. */
  recorded(number: number, at: number, key: string): void {
    this.#batches.get(number)?.running.get(at)?.recorded(key);
  }

  /** Gives everything up: nothing more is started or reported. */
  abort(reason: string): void {
    this.#isAborted = true;
    for (const { running } of this.#batches.values()) {
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

  /** Recalled tasks at the end of the line leave it at once, so that recalls cannot make it grow. */
  #trim(): void {
    for (let last = this.#queue.popBack(); last !== undefined; last = this.#queue.popBack()) {
      if (last.batch.isRecalled(last.at)) continue;
      this.#queue.pushBack(last);
      return;
    }
  }

  #pump(): void {
    if (this.#running === 0) this.#onQuiet?.();
    if (this.#isPumping || this.#isAborted) return;
    this.#isPumping = true;
    const startedMs = this.#options.clock.nowMs();
    let isTurnOver = false;
    while (this.#running < this.#options.concurrency && !isTurnOver) {
      const task = this.#queue.popFront();
      if (task === undefined) break;
      if (task.batch.begin(task.at)) this.#run(task);
      isTurnOver = this.#options.clock.nowMs() - startedMs >= TURN_MS;
    }
    this.#isPumping = false;
    if (isTurnOver) this.#yield();
    else this.#flushSoon();
  }

  #yield(): void {
    this.#flush();
    this.#options.clock.defer(() => this.#pump());
  }

  #run(task: Task): void {
    let trial: TaskTry | undefined;
    try {
      trial = this.#try(task);
      const answer = trial.begin();
      if (isPromise(answer)) this.#await(task, trial, answer);
      else this.#succeed(task, trial, answer);
    } catch (error) {
      this.#fail(task, error, trial?.end());
    }
  }

  /** @throws why there is nothing to try. */
  #try({ batch, at }: Task): TaskTry {
    const { agents } = this.#options;
    const { agents: names, ids, attempts, payloads } = batch.frame;
    const reason = batch.cancelled(at);
    if (reason !== undefined) throw new ConclaveError('Cancelled', reason);
    const name = names[at] ?? '';
    const agent = agents.get(name);
    if (agent === undefined) throw unknownAgent(name, agents);
    const extra = batch.extraOf(at);
    const task = {
      batch: batch.frame.batch,
      at,
      id: ids[at] ?? '',
      attempt: attempts[at] ?? 1,
      payload: payloads[at] as Encoded,
      timeoutMs: extra?.timeoutMs ?? null,
      recorded: extra?.recorded ?? [],
    };
    return new TaskTry(agent, task, this.#options);
  }

  #await(task: Task, trial: TaskTry, answer: PromiseLike<unknown>): void {
    this.#running += 1;
    task.batch.running.set(task.at, trial);
    const end = () => {
      this.#running -= 1;
      task.batch.running.delete(task.at);
      this.#pump();
    };
    // A promise of ours comes back as it is; any other thenable is tamed: it settles once, and never throws.
    Promise.resolve(answer).then(
      (value) => {
        this.#succeed(task, trial, value);
        end();
      },
      (error) => {
        this.#fail(task, error, trial.end());
        end();
      },
    );
  }

  #succeed(task: Task, trial: TaskTry, value: unknown): void {
    const timeout = trial.end();
    try {
      if (timeout !== undefined) throw timeout;
      const encoded = encodeWithin(value, 'result', this.#options.payloadBytesMax);
      task.batch.answer(task.at, encoded, trial.claims);
    } catch (error) {
      this.#fail(task, error, undefined);
      return;
    }
    this.#end(task, 0);
  }

  #fail(task: Task, error: unknown, timeout: ConclaveError | undefined): void {
    task.batch.fail(task.at, failureOf(error, timeout));
    this.#end(task, 1);
  }

  #end({ batch, at }: Task, failed: number): void {
    this.#dirty.add(batch);
    const agent = batch.frame.agents[at] ?? '';
    const ended = this.#ended.get(agent);
    if (ended === undefined) this.#ended.set(agent, { count: 1, failed });
    else {
      ended.count += 1;
      ended.failed += failed;
    }
  }

  /** At once when there is nothing else to do; otherwise within a turn, so that no outcome waits for a slow task. */
  #flushSoon(): void {
    if (this.#dirty.size === 0 || this.#isFlushDue) return;
    const isIdle = this.#running === 0;
    if (isIdle || this.#options.clock.nowMs() - this.#flushedMs >= TURN_MS) {
      this.#flush();
      return;
    }
    this.#isFlushDue = true;
    this.#options.clock.setTimer(
      () => {
        this.#isFlushDue = false;
        this.#flush();
      },
      TURN_MS,
      { background: true },
    );
  }

  #flush(): void {
    if (this.#dirty.size === 0 || this.#isAborted) return;
    this.#flushedMs = this.#options.clock.nowMs();
    const settled: Settled[] = [];
    for (const batch of this.#dirty) {
      settled.push(batch.takeSettled());
      if (batch.isDone) this.#batches.delete(batch.frame.batch);
    }
    const ended = this.#ended;
    this.#dirty.clear();
    this.#ended = new Map();
    this.#options.listener.settled(settled, ended);
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
