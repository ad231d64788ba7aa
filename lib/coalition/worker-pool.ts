import { fromPromise } from 'xstate';
import type { Clock } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import type { HostFrame, SettledFrame, WorkerFrame } from '../core/frame.js';
import type { Limits } from '../core/limits.js';
import type { Executor, WorkerLink, WorkerSpec } from '../executors/contract.js';
import type { ActorSystem } from '../system/system.js';
import { WorkerLife } from './worker-life.js';

/** What the pool tells of its workers. */
export interface PoolListener {
  ready(worker: string, link: WorkerLink, credit: number): void;
  gone(worker: string, exit: { readonly crashed: boolean; readonly reason: string }): void;
  settled(worker: string, frame: SettledFrame): void;
  progress(worker: string, batch: number, at: number, fraction: number): void;
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

/** Workers that may die before they were ever ready, until the start is given up. */
const EARLY_DEATHS_MAX = 3;

/**
 * The workers of a coalition, each an actor under the pool's supervisor: one that dies is replaced under the
 * same name, until more than `workerRestarts` died within `restartPeriodMs`.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #supervisor;
  readonly #links = new Map<string, WorkerLink>();
  readonly #actors: { readonly exited: Promise<unknown> }[] = [];
  #isDraining = false;
  /** Workers that were never ready. */
  readonly #waiting = new Set<string>();
  #earlyDeaths = 0;
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
   * @throws why the first one could not load its agents; `WorkerCrashed` if workers keep dying before they are ready.
   */
  start(): Promise<void> {
    const { workers } = this.#options;
    const started = new Promise<void>((resolve, reject) => {
      this.#started = { resolve, reject };
    });
    for (let number = 1; number <= workers; number += 1) {
      const id = `worker-${number}`;
      this.#waiting.add(id);
      const logic = fromPromise(({ signal }) => this.#live(id, signal));
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
    return [...this.#links].map(([id, { pid }]) => ({ id, pid }));
  }

  broadcast(frame: HostFrame): void {
    for (const link of this.#links.values()) link.send(frame);
  }

  /** Lets every worker finish and leave; what has not left after `graceMs` is killed. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    this.broadcast({ type: 'drain' });
    const timer = this.#options.clock.setTimer(() => this.kill(), graceMs);
    await Promise.all(this.#actors.map((actor) => actor.exited));
    timer.cancel();
  }

  /** Ends every worker at once; those that the supervisor replaces too, until it is stopped. */
  kill(): void {
    for (const link of this.#links.values()) link.kill();
  }

  /** Resolves when no worker is left: to be called once the system is stopped. */
  async gone(): Promise<void> {
    await Promise.allSettled(this.#lives);
  }

  /** One life of one worker; rejects when it crashed, so that its supervisor replaces it. */
  async #live(id: string, signal: AbortSignal): Promise<void> {
    const life = new WorkerLife(id, this.#options, (frame) => this.#hear(id, life, frame));
    const run = this.#run(id, life, signal);
    this.#lives.add(run);
    try {
      await run;
    } catch (error) {
      this.#died(id, life, error);
      throw error;
    } finally {
      life.end();
      this.#lives.delete(run);
    }
  }

  async #run(id: string, life: WorkerLife, signal: AbortSignal): Promise<void> {
    const { executor, spec, epoch, listener } = this.#options;
    const link = await executor.start({ ...spec, id, epoch: epoch() }, life);
    this.#links.set(id, link);
    signal.addEventListener('abort', () => link.kill(), { once: true });
    if (signal.aborted) link.kill();
    life.begin(link);
    const exit = await link.exited;
    this.#links.delete(id);
    listener.gone(id, exit);
    if (exit.crashed) throw life.failure ?? crashed(id, exit.reason);
  }

  /** While the pool starts: one that could not load, or the third that died unready, will not get any better. */
  #died(id: string, life: WorkerLife, error: unknown): void {
    if (!this.#waiting.has(id)) return;
    this.#earlyDeaths += 1;
    if (life.failure !== undefined || this.#earlyDeaths >= EARLY_DEATHS_MAX) this.#started?.reject(error);
  }

  #hear(id: string, life: WorkerLife, frame: WorkerFrame): void {
    const { listener } = this.#options;
    if (frame.type === 'ready') this.#welcome(id, life, frame.credit);
    else if (frame.type === 'settled') listener.settled(id, frame);
    else if (frame.type === 'progress') listener.progress(id, frame.batch, frame.at, frame.fraction);
  }

  #welcome(id: string, life: WorkerLife, credit: number): void {
    if (life.link === undefined) return;
    this.#options.listener.ready(id, life.link, credit);
    if (this.#isDraining) life.link.send({ type: 'drain' });
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#started?.resolve();
  }
}

function crashed(id: string, reason: string): ConclaveError {
  return new ConclaveError('WorkerCrashed', `${id} died: ${reason}.`);
}
