import { list, wholeNumber } from '../../core/parse.js';
import type { RayBridge } from '../../ray/bridge.js';
import { cut } from '../../ray/frames.js';
import type { RayTimings } from './timings.js';

/** Which queue, and how much it holds. */
export interface RayQueueName {
  readonly name: string;
  readonly depthMax: number;
}

/** One life of a Ray queue, as this process calls it. A link that has failed once is not used again. */
export class QueueLink {
  /** Messages that it held when it was opened. */
  readonly size: number;
  readonly #bridge: RayBridge;
  readonly #queue: string;
  readonly #timings: RayTimings;
  #calls = 0;

  /** The queue of that name as it stands, or in its place (`replace`) a new and empty one. @throws `RayFault` (as a rejection). */
  static async open(
    bridge: RayBridge,
    { name, depthMax }: RayQueueName,
    replace: boolean,
    timings: RayTimings,
  ): Promise<QueueLink> {
    const head = { queue: name, depthMax, replace };
    const answer = await bridge.call({ op: 'queue.open', head, deadlineMs: timings.openMs });
    return new QueueLink(bridge, name, timings, sizeIn(answer.head.size));
  }

  private constructor(bridge: RayBridge, queue: string, timings: RayTimings, size: number) {
    this.#bridge = bridge;
    this.#queue = queue;
    this.#timings = timings;
    this.size = size;
  }

  /** Calls ever made. */
  get calls(): number {
    return this.#calls;
  }

  /** Puts all of them, in order, or none. */
  async put(items: readonly Buffer[]): Promise<void> {
    await this.#call('queue.put', {}, items);
  }

  /** Takes exactly so many out, in order. */
  async get(count: number): Promise<readonly Buffer[]> {
    const { head, body } = await this.#call('queue.get', { count });
    return cut(body, list(head.sizes, 'the sizes of what came').map(sizeIn));
  }

  /** Resolves if it lives. */
  async ping(): Promise<void> {
    await this.#call('queue.size', {});
  }

  #call(op: string, head: object, parts: readonly Buffer[] = []) {
    this.#calls += 1;
    const deadlineMs = this.#timings.callMs;
    return this.#bridge.call({ op, head: { queue: this.#queue, ...head }, parts, deadlineMs });
  }
}

function sizeIn(value: unknown): number {
  return wholeNumber('a size that Ray told', value, 0, Number.MAX_SAFE_INTEGER);
}
