import { type ConclaveError, isConclaveError } from '../core/errors.js';
import type { HostFrame, WorkerFrame } from '../core/frame.js';
import { parseWorkerFrame } from '../core/frame-check.js';
import { FrameReader } from '../core/frame-codec.js';
import type { WorkerExit, WorkerListener } from './contract.js';
import { SentBatches } from './sent-batches.js';

/**
 * What comes from one worker, checked before anybody acts on it. One that sends anything but frames of tasks it holds
 * is ended: nobody can know what it has done. What it had not settled runs again elsewhere.
 */
export class HeardFrames {
  readonly #listener: WorkerListener;
  readonly #end: () => void;
  readonly #reader = new FrameReader();
  readonly #sent = new SentBatches();
  #failure: ConclaveError | undefined;

  constructor(listener: WorkerListener, end: () => void) {
    this.#listener = listener;
    this.#end = end;
  }

  /** The worker is sent this. */
  sent(frame: HostFrame): void {
    this.#sent.add(frame);
  }

  /** The worker has written this to its stream. */
  hearBytes(bytes: Buffer): void {
    this.#unlessMalformed(() => {
      for (const text of this.#reader.push(bytes)) if (this.#failure === undefined) this.hear(text);
    });
  }

  /** The worker has said this. */
  hear(said: unknown): void {
    this.#unlessMalformed(() => this.#hear(parseWorkerFrame(said)));
  }

  /** How the worker ended, with the reason that it was given here. */
  exitOf(exit: WorkerExit): WorkerExit {
    if (this.#failure === undefined) return exit;
    return { crashed: true, reason: this.#failure.message, cause: this.#failure };
  }

  #hear(frame: WorkerFrame): void {
    this.#sent.account(frame);
    this.#listener.onFrame(frame);
  }

  #unlessMalformed(listen: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      listen();
    } catch (error) {
      if (!isConclaveError(error, 'MalformedFrame')) throw error;
      this.#failure = error;
      this.#end();
    }
  }
}
