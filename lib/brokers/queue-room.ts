import type { Limits } from '../core/limits.js';

/** How much a queue holds, delayed and in flight included, and whether there is room for more. */
export class QueueRoom {
  readonly #limits: Pick<Limits, 'queueDepthMax' | 'queueBytesMax'>;
  #bytes = 0;
  /** Messages held. */
  held = 0;

  constructor(limits: Pick<Limits, 'queueDepthMax' | 'queueBytesMax'>) {
    this.#limits = limits;
  }

  fits(payloadBytes: number): boolean {
    const { queueDepthMax, queueBytesMax } = this.#limits;
    return this.held < queueDepthMax && this.#bytes + payloadBytes <= queueBytesMax;
  }

  take(payloadBytes: number): void {
    this.held += 1;
    this.#bytes += payloadBytes;
  }

  free(payloadBytes: number): void {
    this.held -= 1;
    this.#bytes -= payloadBytes;
  }
}
