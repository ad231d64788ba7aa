import type { RayBridge } from '../../ray/bridge.js';

/** Whoever has a bridge for those who need one. */
export interface BridgeKeeper {
  /** The bridge that runs; where there is none, another one. @throws as `RayBridge.start` does (as a rejection). */
  get(): Promise<RayBridge>;
  /** Ends it. */
  close(): Promise<void>;
}

/** Keeps one bridge running for as long as somebody asks for it. */
export class RestartedBridge implements BridgeKeeper {
  readonly #start: () => Promise<RayBridge>;
  #running: Promise<RayBridge> | undefined;
  #isClosed = false;

  constructor(start: () => Promise<RayBridge>) {
    this.#start = start;
  }

  get(): Promise<RayBridge> {
    this.#running ??= this.#started();
    return this.#running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const bridge = await this.#running?.catch(() => undefined);
    await bridge?.close();
  }

  async #started(): Promise<RayBridge> {
    try {
      const bridge = await this.#start();
      void bridge.ended.then(() => this.#forget());
      if (this.#isClosed) await bridge.close();
      return bridge;
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  #forget(): void {
    this.#running = undefined;
  }
}
