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
