import type { Clock, Timer } from '../../core/clock.js';
import { ConclaveError, type ErrorData, errorFromData } from '../../core/errors.js';
import type { WorkerFrame } from '../../core/frame.js';
import type { Limits } from '../../core/limits.js';
import type { WorkerLink } from '../../executors/contract.js';

/** A worker from its start to its end: holds back what it says until its link is known, and bounds its start. */
export class WorkerLife {
  link: WorkerLink | undefined;
  failure: Error | undefined;
  wasReady = false;
  readonly #id: string;
  readonly #hear: (frame: WorkerFrame) => void;
  readonly #early: WorkerFrame[] = [];
  readonly #deadline: Timer;

  constructor(
    id: string,
    { clock, limits }: { readonly clock: Clock; readonly limits: Limits },
    hear: (frame: WorkerFrame) => void,
  ) {
    this.#id = id;
    this.#hear = hear;
    this.#deadline = clock.setTimer(() => {
      this.failure = slowStart(id, limits.workerStartMs);
      this.link?.kill();
    }, limits.workerStartMs);
  }

  begin(link: WorkerLink): void {
    this.link = link;
    if (this.failure !== undefined) link.kill(); // its time was up before it ran
    for (const frame of this.#early.splice(0)) this.onFrame(frame);
  }

  onFrame(frame: WorkerFrame): void {
    if (this.link === undefined) {
      this.#early.push(frame);
      return;
    }
    if (frame.type === 'ready' || frame.type === 'failed') this.#deadline.cancel();
    if (frame.type === 'failed') this.failure = notLoaded(this.#id, frame.error);
    this.#hear(frame);
  }

  end(): void {
    this.#deadline.cancel();
  }
}

/** The coordinator's side has loaded the same module: it fails in a worker alone. */
function notLoaded(id: string, data: ErrorData): ConclaveError {
  const cause = errorFromData(data);
  return new ConclaveError('AgentsNotLoaded', `${id} could not load its agents: ${cause.message}`, { cause });
}

function slowStart(id: string, workerStartMs: number): ConclaveError {
  return new ConclaveError(
    'Timeout',
    `${id} was not ready after ${workerStartMs} ms (workerStartMs); its agents module takes longer to load. ` +
      'Make it lighter, or raise the limit.',
  );
}
