import type { ClaimDraft } from '../core/claim-draft.js';
import type { Clock } from '../core/clock.js';
import { Deque } from '../core/deque.js';
import { ConclaveError, type ErrorData, errorToData } from '../core/errors.js';
import type { SettledFrame, TaskBatch } from '../core/frame.js';
import { decode, type Encoded, encode } from '../core/value.js';
import type { AgentTable } from './agents-module.js';
import type { SharedState } from './contract.js';
import { TaskContext } from './task-context.js';

/** Milliseconds of work after which outcomes are sent and the event loop gets its turn. */
const TURN_MS = 10;

export type Settled = Omit<SettledFrame, 'credit' | 'type'>;

/** How many tasks of one agent ended, and how many of these by an error. */
export interface Ended {
  count: number;
  failed: number;
}

export interface TaskRunnerOptions {
  readonly agents: AgentTable;
  readonly concurrency: number;
  readonly payloadBytesMax: number;
  readonly epoch: number;
  readonly state: SharedState;
  readonly clock: Clock;
  /** Outcomes to report, at most every 10 ms of work and whenever the worker has nothing else to do. */
  readonly onSettled: (settled: readonly Settled[], ended: ReadonlyMap<string, Ended>) => void;
  readonly onProgress: (batch: number, at: number, fraction: number) => void;
}

interface Task {
  readonly batch: Progress;
  readonly at: number;
}

/** A batch on its way: what has ended since the last report, in columns. */
interface Progress {
  readonly frame: TaskBatch;
  readonly running: Map<number, TaskContext>;
  readonly cancelled: Map<number, string>;
  /** Tasks without an outcome yet. */
  open: number;
  outcomes: Outcomes;
}

interface Outcomes {
  readonly at: number[];
  readonly values: Encoded[];
  readonly failures: { at: number; error: ErrorData }[];
  readonly claims: { at: number; claims: readonly ClaimDraft[] }[];
}

/**
 * Runs tasks in order, `concurrency` at a time, and collects what becomes of them. A handler that answers
 * without a promise costs none; one that does is waited for while others run.
 */
export class TaskRunner {
  readonly #options: TaskRunnerOptions;
  readonly #queue = new Deque<Task>();
  readonly #batches = new Map<number, Progress>();
  readonly #dirty = new Set<Progress>();
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

  accept(frame: TaskBatch): void {
    const batch: Progress = {
      frame,
      running: new Map(),
      cancelled: new Map(),
      open: frame.ids.length,
      outcomes: noOutcomes(),
    };
    this.#batches.set(frame.batch, batch);
    for (let at = 0; at < frame.ids.length; at += 1) this.#queue.pushBack({ batch, at });
    this.#pump();
  }

  /** Aborts tasks of a batch: those that run by their signal, those that wait at their turn. */
  cancel(batch: number, at: readonly number[], reason: string): void {
    const progress = this.#batches.get(batch);
    if (progress === undefined) return; // it has settled: the cancel came too late
    for (const position of at) {
      progress.cancelled.set(position, reason);
      progress.running.get(position)?.abort(reason);
    }
  }

  /** Gives everything up: nothing more is started or reported. */
  abort(reason: string): void {
    this.#isAborted = true;
    for (const batch of this.#batches.values()) {
      for (const context of batch.running.values()) context.abort(reason);
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

  #pump(): void {
    if (this.#running === 0) this.#onQuiet?.();
    if (this.#isPumping || this.#isAborted) return;
    this.#isPumping = true;
    const startedMs = this.#options.clock.nowMs();
    let isTurnOver = false;
    while (this.#running < this.#options.concurrency && !isTurnOver) {
      const task = this.#queue.popFront();
      if (task === undefined) break;
      this.#run(task);
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
    const { batch, at } = task;
    const id = batch.frame.ids[at] ?? '';
    const { epoch, state, onProgress } = this.#options;
    const context = new TaskContext(id, batch.frame.attempts[at] ?? 1, epoch, state, (fraction) =>
      onProgress(batch.frame.batch, at, fraction),
    );
    try {
      const answer = this.#call(task, context);
      if (isPromise(answer)) this.#await(task, context, answer);
      else this.#succeed(task, context, answer);
    } catch (error) {
      this.#fail(task, error);
    }
  }

  #call({ batch, at }: Task, context: TaskContext): unknown {
    const cancelled = batch.cancelled.get(at);
    if (cancelled !== undefined) throw new ConclaveError('Cancelled', cancelled);
    const name = batch.frame.agents[at] ?? '';
    const agent = this.#options.agents.get(name);
    if (agent === undefined) throw unknownAgent(name, this.#options.agents);
    if (agent.handle === undefined) throw unknownAgent(name, this.#options.agents);
    return agent.handle(decode(batch.frame.payloads[at] as Encoded) as never, context.handed);
  }

  #await(task: Task, context: TaskContext, answer: PromiseLike<unknown>): void {
    this.#running += 1;
    task.batch.running.set(task.at, context);
    const end = () => {
      this.#running -= 1;
      task.batch.running.delete(task.at);
      this.#pump();
    };
    // A promise of ours comes back as it is; any other thenable is tamed: it settles once, and never throws.
    Promise.resolve(answer).then(
      (value) => {
        this.#succeed(task, context, value);
        end();
      },
      (error) => {
        this.#fail(task, error);
        end();
      },
    );
  }

  #succeed(task: Task, context: TaskContext, value: unknown): void {
    let encoded: Encoded;
    try {
      encoded = encode(value, 'result');
      refuseTooLarge(encoded, this.#options.payloadBytesMax);
    } catch (error) {
      this.#fail(task, error);
      return;
    }
    const { outcomes } = task.batch;
    outcomes.at.push(task.at);
    outcomes.values.push(encoded);
    if (context.claims !== undefined) outcomes.claims.push({ at: task.at, claims: context.claims });
    this.#end(task, 0);
  }

  #fail(task: Task, error: unknown): void {
    task.batch.outcomes.failures.push({ at: task.at, error: errorToData(error) });
    this.#end(task, 1);
  }

  #end({ batch, at }: Task, failed: number): void {
    batch.open -= 1;
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
      settled.push({ batch: batch.frame.batch, ...batch.outcomes });
      batch.outcomes = noOutcomes();
      if (batch.open === 0) this.#batches.delete(batch.frame.batch);
    }
    const ended = this.#ended;
    this.#dirty.clear();
    this.#ended = new Map();
    this.#options.onSettled(settled, ended);
  }
}

function noOutcomes(): Outcomes {
  return { at: [], values: [], failures: [], claims: [] };
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** A character is at most three bytes of UTF-8, so that most results need no counting. */
function refuseTooLarge(encoded: Encoded, payloadBytesMax: number): void {
  if (encoded.length * 3 <= payloadBytesMax) return;
  const bytes = Buffer.byteLength(encoded);
  if (bytes <= payloadBytesMax) return;
  throw new ConclaveError(
    'MessageTooLarge',
    `The result is ${bytes} bytes encoded; at most ${payloadBytesMax} cross (payloadBytesMax). Answer with a reference to the data.`,
  );
}

function unknownAgent(name: string, agents: AgentTable): ConclaveError {
  return new ConclaveError(
    'UnknownAgent',
    `No agent is called "${name}" in this worker; it has ${[...agents.keys()].join(', ')}.`,
  );
}
