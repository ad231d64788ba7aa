import type { Clock } from '../../core/clock.js';
import type { Limits } from '../../core/limits.js';
import { MemoryQueue } from '../memory-queue.js';
import type { MemoryQueueOptions } from '../queue-journal.js';
import { Conveyor, type ConveyorOptions } from './conveyor.js';
import { StagedDeliveries } from './staged-deliveries.js';

/** What the conveyors of one broker have in common. */
export interface ConveyorsOptions
  extends Pick<ConveyorOptions, 'keeper' | 'timings' | 'session' | 'replays' | 'outlives'> {
  readonly tenant: string;
}

/** Makes the queues of a broker, each with a conveyor through Ray. */
export class Conveyors {
  readonly #options: ConveyorsOptions;
  readonly #byQueue = new Map<string, Conveyor>();
  #onLoss: (queue: string) => void = () => {};

  constructor(options: ConveyorsOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return [...this.#byQueue.values()].every((conveyor) => conveyor.isIdle);
  }

  /** The queues made so far. */
  get queues(): readonly string[] {
    return [...this.#byQueue.keys()];
  }

  /** Called from now on when messages of a queue have become dead letters. */
  onLoss(listener: (queue: string) => void): void {
    this.#onLoss = listener;
  }

  /** What the queue is called in Ray. */
  nameInRay(queue: string): string {
    return `conclave/${this.#options.tenant}/${queue}`;
  }

  /** A queue, and its conveyor in the place of any that its name had. */
  makeQueue(clock: Clock, limits: Limits, options: MemoryQueueOptions, name: string): MemoryQueue {
    const stage = new StagedDeliveries();
    const queue = new MemoryQueue(clock, limits, options, stage);
    this.end(name);
    const conveyor = new Conveyor({
      ...this.#options,
      name: this.nameInRay(name),
      depthMax: limits.queueDepthMax,
      stage,
      queue,
      clock,
      onLoss: () => this.#onLoss(name),
    });
    this.#byQueue.set(name, conveyor);
    return queue;
  }

  /** The conveyor of a queue that was made. */
  of(queue: string): Conveyor {
    const conveyor = this.#byQueue.get(queue);
    if (conveyor === undefined) throw new Error(`the queue ${queue} was made without its conveyor`);
    return conveyor;
  }

  /** Lets go of a queue in Ray, which stays. */
  end(queue: string): void {
    this.#byQueue.get(queue)?.end();
    this.#byQueue.delete(queue);
  }
}
