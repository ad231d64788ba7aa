import type { HostFrame } from '../core/frame.js';
import { decodeWorkerFrame, encodeFrame, FrameReader, framed } from '../core/frame-codec.js';
import type { WorkerExit, WorkerLink, WorkerListener } from './contract.js';

/** What a link asks of the bridge for its worker. */
export interface RayWire {
  write(bytes: Buffer): void;
  end(): void;
}

/** One worker on Ray: its frames, as a stream of bytes that the bridge and the actor hand on. */
export class RayLink implements WorkerLink {
  pid: number | undefined;
  tripMs: number | undefined;
  readonly exited: Promise<WorkerExit>;
  readonly #wire: RayWire;
  readonly #listener: WorkerListener;
  readonly #reader = new FrameReader();
  #isAsked = false;
  #isGone = false;
  #resolve: (exit: WorkerExit) => void = () => {};

  constructor(wire: RayWire, listener: WorkerListener) {
    this.#wire = wire;
    this.#listener = listener;
    this.exited = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  send(frame: HostFrame): void {
    if (frame.type === 'drain' || frame.type === 'stop') this.#isAsked = true;
    if (!this.#isGone) this.#wire.write(framed(encodeFrame(frame)));
  }

  kill(): void {
    if (!this.#isGone) this.#wire.end();
  }

  /** Its worker has said this. */
  hear(bytes: Buffer): void {
    for (const text of this.#reader.push(bytes)) this.#listener.onFrame(decodeWorkerFrame(text));
  }

  /** Nothing of its worker is left. */
  end(reason: string): void {
    this.#isGone = true;
    this.#resolve({ crashed: !this.#isAsked || reason !== 'exit code 0', reason });
  }
}
