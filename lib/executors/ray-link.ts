import type { HostFrame } from '../core/frame.js';
import { encodeFrame, framed } from '../core/frame-codec.js';
import type { WorkerExit, WorkerLink, WorkerListener } from './contract.js';
import { HeardFrames } from './heard-frames.js';

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
  readonly #heard: HeardFrames;
  #isAsked = false;
  #isGone = false;
  #resolve: (exit: WorkerExit) => void = () => {};

  constructor(wire: RayWire, listener: WorkerListener) {
    this.#wire = wire;
    this.#heard = new HeardFrames(listener, () => this.kill());
    this.exited = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  send(frame: HostFrame): void {
    if (frame.type === 'drain' || frame.type === 'stop') this.#isAsked = true;
    this.#heard.sent(frame);
    if (!this.#isGone) this.#wire.write(framed(encodeFrame(frame)));
  }

  kill(): void {
    if (!this.#isGone) this.#wire.end();
  }

  /** Its worker has said this. */
  hear(bytes: Buffer): void {
    this.#heard.hearBytes(bytes);
  }

  /** Nothing of its worker is left. */
  end(reason: string): void {
    this.#isGone = true;
    const crashed = !this.#isAsked || reason !== 'exit code 0';
    this.#resolve(this.#heard.exitOf({ crashed, reason }));
  }
}
