import { fromPromise } from 'xstate';
import type { Clock } from '../../core/clock.js';
import { ConclaveError, messageOf } from '../../core/errors.js';
import type {
  ChunkSettledFrame,
  HostFrame,
  RecordFrame,
  ReturnedFrame,
  SettledFrame,
  WorkerFrame,
} from '../../core/frame.js';
import type { Limits } from '../../core/limits.js';
import type { Executor, WorkerExit, WorkerLink, WorkerSpec } from '../../executors/contract.js';
import type { ActorSystem } from '../../system/system.js';
import { WorkerLife } from './worker-life.js';

/** What the pool tells of its workers. */
export interface PoolListener {
  ready(worker: string, link: WorkerLink, credit: number): void;
  gone(worker: string, exit: { readonly crashed: boolean; readonly reason: string }): void;
  settled(worker: string, frame: SettledFrame | ChunkSettledFrame): void;
  returned(worker: string, frame: ReturnedFrame): void;
  began(worker: string, batch: number, at: number): void;
  record(worker: string, frame: RecordFrame): void;
  progress(worker: string, batch: number, at: number, fraction: number): void;
  /** A worker died again and again before it was ready; none is replaced any more. */
  hopeless(error: ConclaveError): void;
}

export interface WorkerPoolOptions {
  readonly system: ActorSystem;
  readonly executor: Executor;
  readonly workers: number;
  /** Everything a worker is told at start but its name and the epoch. */
  readonly spec: Omit<WorkerSpec, 'id' | 'epoch'>;
  readonly epoch: () => number;
  readonly listener: PoolListener;
  readonly clock: Clock;
  readonly limits: Limits;
}

/**
 * The workers of a coalition, each an actor under the pool's supervisor: one that dies is replaced under the
 * same name, until more than `workerRestarts` died within `restartPeriodMs`, or one died `workerStarts` times in
 * a row before it was ready: a crash loop slower than the first bound.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #supervisor;
  /** Lives whose link is known, by the worker's name. */
  readonly #linked = new Map<string, WorkerLife>();
  readonly #actors: { readonly exited: Promise<unknown> }[] = [];
  /** Lives in a row that ended before the worker was ready, by its name. */
  readonly #stillborn = new Map<string, number>();
  /** Whoever dies now is not replaced. */
  #isEnding = false;
  /** Names of workers that have not been ready yet. */
  readonly #waiting = new Set<string>();
  /** Every life under way, also one whose link is not known yet. */
  readonly #lives = new Set<Promise<void>>();
  #started: { resolve(): void; reject(error: unknown): void } | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const { limits } = options;
    this.#supervisor = options.system.supervisor('pool', {
      intensity: limits.workerRestarts,
      periodMs: limits.restartPeriodMs,
      restart: 'temporary', // workers that cannot be kept alive are the coalition's end, not a reason to try again
    });
  }

  /**
   * Starts the workers and resolves when each is ready.
   * @throws why the executor cannot start any; why the first one could not load its agents; `WorkerCrashed` if
   * workers keep dying before they are ready.
   */
  async start(): Promise<void> {
    const { workers, executor } = this.#options;
    if (workers === 0) return; // the work is other pools'
    await executor.open?.();
    const started = new Promise<void>((resolve, reject) => {
      this.#started = { resolve, reject };
    });
    for (let number = 1; number <= workers; number += 1) {
      const id = `worker-${number}`;
      this.#waiting.add(id);
      const logic = fromPromise(({ signal }) => this.#run(id, signal));
      this.#actors.push(this.#supervisor.spawn(logic, { id, restart: 'transient' }));
    }
    return started;
  }

  /** The workers could not be kept alive. */
  fail(error: unknown): void {
    this.#started?.reject(error);
  }

  /** The workers that live now. */
  get workers(): readonly { readonly id: string; readonly pid: number | undefined }[] {
    return [...this.#linked].map(([id, { link }]) => ({ id, pid: link?.pid }));
  }

  broadcast(frame: HostFrame): void {
    for (const { link } of this.#linked.values()) link?.send(frame);
  }

  /**
   * Lets every worker leave, after finishing or, by 'stop', giving up what it holds; what is not ready yet, or has
   * not left after `graceMs`, is killed.
   */
  async drain(graceMs: number, order: 'drain' | 'stop' = 'drain'): Promise<void> {
    this.#isEnding = true;
    this.broadcast({ type: order });
    for (const { wasReady, link } of this.#linked.values()) if (!wasReady) link?.kill();
    const timer = this.#options.clock.setTimer(() => this.kill(), graceMs);
    await Promise.all(this.#actors.map((actor) => actor.exited));
    timer.cancel();
  }

  /** Ends every worker at once, or that one. */
  kill(only?: string): void {
    for (const [id, { link }] of this.#linked) if (only === undefined || id === only) link?.kill();
  }

  /** Resolves when no worker is left, nor what they shared: to be called once the system is stopped. */
  async gone(): Promise<void> {
    await Promise.allSettled(this.#lives);
    await this.#options.executor.close?.();
  }

  /** One life of one worker; rejects when it crashed, so that its supervisor replaces it. */
  async #run(id: string, signal: AbortSignal): Promise<void> {
    if (this.#isEnding) return;
    const life = new WorkerLife(id, this.#options, (frame) => this.#hear(id, life, frame));
    const living = this.#live(id, life, signal);
    this.#lives.add(living);
    try {
      await living;
    } catch (error) {
      if (!life.wasReady) this.#countStillborn(id, error);
      if (!this.#isEnding) throw error;
    } finally {
      life.end();
      this.#lives.delete(living);
    }
  }

  async #live(id: string, life: WorkerLife, signal: AbortSignal): Promise<void> {
    const { executor, spec, epoch, listener } = this.#options;
    const link = await executor.start({ ...spec, id, epoch: epoch() }, life);
    signal.addEventListener('abort', () => link.kill(), { once: true });
    if (signal.aborted || this.#isEnding) link.kill();
    this.#linked.set(id, life);
    life.begin(link);
    const exit = await link.exited;
    this.#linked.delete(id);
    if (life.wasReady || !this.#isEnding) listener.gone(id, exit); // one dismissed before it came did not go
    if (life.failure !== undefined && this.#waiting.size > 0) this.#giveUpStart(life.failure);
    if (exit.crashed) throw life.failure ?? crashed(id, exit);
  }

  /** What one worker cannot load, none can: the coalition ends before it has begun. */
  #giveUpStart(error: Error): void {
    this.#isEnding = true;
    this.#started?.reject(error);
  }

  #countStillborn(id: string, cause: unknown): void {
    const { limits, listener } = this.#options;
    const times = (this.#stillborn.get(id) ?? 0) + 1;
    this.#stillborn.set(id, times);
    if (times < limits.workerStarts || this.#isEnding) return;
    this.#isEnding = true;
    listener.hopeless(neverReady(id, times, cause));
  }

  #hear(id: string, life: WorkerLife, frame: WorkerFrame): void {
    const { listener } = this.#options;
    switch (frame.type) {
      case 'ready':
        this.#welcome(id, life, frame.credit);
        break;
      case 'began':
        listener.began(id, frame.batch, frame.at);
        break;
      case 'progress':
        listener.progress(id, frame.batch, frame.at, frame.fraction);
        break;
      case 'settled':
      case 'chunkSettled':
        listener.settled(id, frame);
        break;
      case 'returned':
        listener.returned(id, frame);
        break;
      case 'record':
        listener.record(id, frame);
        break;
    }
  }

  #welcome(id: string, life: WorkerLife, credit: number): void {
    const { link } = life;
    if (link === undefined) return;
    life.wasReady = true;
    this.#stillborn.delete(id);
    this.#options.listener.ready(id, link, credit);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#started?.resolve();
  }
}

function crashed(id: string, { reason, cause }: WorkerExit): ConclaveError {
  const why = cause === undefined ? `died: ${reason}.` : `was ended. ${reason}`;
  return new ConclaveError('WorkerCrashed', `${id} ${why}`, { cause });
}

function neverReady(id: string, times: number, cause: unknown): ConclaveError {
  return new ConclaveError(
    'RestartLimit',
    `${id} died ${times} times in a row before it was ready (workerStarts); the coalition has given up: ${messageOf(cause)}`,
    { cause },
  );
}

/** Why a pool gave up whose workers died one after the other. */
export function tooManyDied({ workerRestarts, restartPeriodMs }: Limits, cause: unknown): ConclaveError {
  return new ConclaveError(
    'RestartLimit',
    `Workers died more than ${workerRestarts} times within ${restartPeriodMs} ms (workerRestarts, ` +
      'restartPeriodMs); the coalition has given up. Look at the cause, and shut it down.',
    { cause },
  );
}
