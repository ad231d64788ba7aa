import { type Clock, systemClock } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import { defaultLimits } from '../core/limits.js';
import type { Executor, WorkerLink, WorkerListener, WorkerSpec } from './contract.js';
import { parseRayOptions, type RayOptions, type RaySettings } from './ray-options.js';
import type { RayWorkers } from './ray-workers.js';

/** What a `RayExecutor` takes beside where its workers run. */
export interface RayExecutorOptions extends RayOptions {
  /** How long Ray may take to find a place for a worker and start it (default 10,000 = 10 s). */
  readonly startMs?: number;
  /** What durations are measured with (default: the machine's). */
  readonly clock?: Clock;
}

/**
 * Runs each worker as an actor of Ray that hosts a Node process: on this machine, or where a cluster has room. Its
 * node must have Node, this package and the agents' module at the same paths as this machine. What agents print goes
 * to this process's stderr.
 */
export class RayExecutor implements Executor {
  /** The word for it among the options of a coalition. */
  readonly isolation = 'ray';
  readonly #settings: RaySettings;
  readonly #startMs: number;
  readonly #clock: Clock;
  #workers: Promise<RayWorkers> | undefined;
  #isClosed = false;

  /** @throws `InvalidOption`. */
  constructor({ startMs, clock, ...options }: RayExecutorOptions = {}) {
    this.#settings = parseRayOptions(options);
    this.#startMs = startMs ?? defaultLimits.workerStartMs;
    this.#clock = clock ?? systemClock;
  }

  /**
   * Joins Ray, or starts one.
   * @throws `DriverMissing` without a Python that has Ray, `BrokerUnavailable` where Ray does not answer, `Timeout`
   * where it takes too long (all as rejections).
   */
  async open(): Promise<void> {
    await this.#join();
  }

  /**
   * Starts a worker; resolves once it runs, before it has loaded its agents.
   * @throws what `open` does, which a bridge that has ended needs again; `Timeout` where Ray has no place for it,
   * `WorkerCrashed` where it does not start, `ShuttingDown` after `close` (all as rejections).
   */
  async start(spec: WorkerSpec, listener: WorkerListener): Promise<WorkerLink> {
    const workers = await this.#join();
    return workers.start(spec, listener);
  }

  /** Takes leave of Ray, and ends one that it has started. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const joining = this.#workers;
    if (joining === undefined) return;
    const workers = await joining.catch(() => undefined); // one that did not come up has left nothing
    await workers?.close();
  }

  #join(): Promise<RayWorkers> {
    if (this.#isClosed) return Promise.reject(closed());
    this.#workers ??= this.#joinAnew();
    return this.#workers;
  }

  async #joinAnew(): Promise<RayWorkers> {
    try {
      const { RayWorkers } = await import('./ray-workers.js'); // importing the package starts nothing, and loads none of it
      return await RayWorkers.join({
        settings: this.#settings,
        startMs: this.#startMs,
        clock: this.#clock,
        onEnded: () => this.#forget(),
      });
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** The next worker joins anew. */
  #forget(): void {
    if (!this.#isClosed) this.#workers = undefined;
  }
}

function closed(): ConclaveError {
  return new ConclaveError('ShuttingDown', 'A worker was to start on Ray after its executor was closed.');
}
