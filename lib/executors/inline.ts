import type { HostFrame, WorkerFrame } from '../core/frame.js';
import type { Executor, WorkerExit, WorkerLink, WorkerListener, WorkerSpec } from './contract.js';

/** A worker's side that runs in this very thread. */
export interface InlineHost {
  receive(frame: HostFrame): void;
  abandon(): void;
  readonly ended: Promise<void>;
}

/** Starts the worker's side; it may refuse by throwing, as loading its agents may. */
export type StartInlineHost = (spec: WorkerSpec, send: (frame: WorkerFrame) => void) => Promise<InlineHost>;

/**
 * Runs each worker beside the coordinator, in the same thread. Values are encoded and copied as everywhere, so
 * that nothing works here that would not work in a process.
 */
export class InlineExecutor implements Executor {
  readonly isolation = 'inline';
  readonly #startHost: StartInlineHost;

  constructor(startHost: StartInlineHost) {
    this.#startHost = startHost;
  }

  async start(spec: WorkerSpec, listener: WorkerListener): Promise<WorkerLink> {
    let isKilled = false;
    const host = await this.#startHost(spec, (frame) => {
      if (!isKilled) listener.onFrame(frame);
    });
    return {
      pid: process.pid,
      exited: host.ended.then(
        (): WorkerExit => ({ crashed: isKilled, reason: isKilled ? 'killed' : 'left' }),
      ),
      send(frame) {
        if (!isKilled) host.receive(frame);
      },
      kill() {
        isKilled = true;
        host.abandon();
      },
    };
  }
}
