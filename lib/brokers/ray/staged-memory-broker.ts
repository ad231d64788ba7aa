import { InMemoryBroker, type InMemoryBrokerOptions, type MakeQueue } from '../memory.js';
import type { MemoryQueue } from '../memory-queue.js';

/** The memory broker on queues of somebody else's making. */
export class StagedMemoryBroker extends InMemoryBroker {
  readonly #makeQueue: MakeQueue;

  constructor(options: InMemoryBrokerOptions, makeQueue: MakeQueue) {
    super(options);
    this.#makeQueue = makeQueue;
  }

  protected override makeQueue(...given: Parameters<MakeQueue>): MemoryQueue {
    return this.#makeQueue(...given);
  }
}
