import { parseAdapters } from '../core/adapters.js';
import type { Clock } from '../core/clock.js';
import { type Limits, parseLimits } from '../core/limits.js';
import type { Envelope } from '../core/message.js';
import { optionsOf, text } from '../core/parse.js';
import { assertLasting, assertReceivable } from './admission.js';
import { MemoryAnswerShelf } from './answer-shelf.js';
import { BrokerClosing } from './closing.js';
import type {
  Acknowledgement,
  AnswerShelf,
  Broker,
  BrokerCapabilities,
  CloseReport,
  CloseRequest,
  DeadLetter,
  Delivery,
  PublishOutcome,
  QueueDepth,
  Receipt,
  ReceiveRequest,
  Refusal,
  RefusalOutcome,
  SettleOutcome,
} from './contract.js';
import { MemoryQueue } from './memory-queue.js';
import type { MemoryQueueOptions } from './queue-journal.js';

/** How a memory broker is made; nothing need be given. */
export interface InMemoryBrokerOptions {
  /** What leases, delays and waits are measured with (default: the machine's). */
  readonly clock?: Clock;
  /** Bounds other than those of `defaultLimits`. */
  readonly limits?: Partial<Limits>;
  /** What messages to people call it (default 'memory'). */
  readonly name?: string;
}

/** Makes the queue of a name. */
export type MakeQueue = (
  clock: Clock,
  limits: Limits,
  options: MemoryQueueOptions,
  name: string,
) => MemoryQueue;

/** A queue whose messages are ready as soon as they are accepted. */
export const makeMemoryQueue: MakeQueue = (clock, limits, options) => new MemoryQueue(clock, limits, options);

const OPTIONS = ['clock', 'limits', 'name'] satisfies (keyof InMemoryBrokerOptions)[];

/**
 * The broker of one process: queues in memory, lost with it (`durable: false`), shared by all the workers that
 * the process has started. Publish, receive and settle cost the same at any depth; a delay or an ordering key
 * costs the logarithm of how many became ready by one.
 */
export class InMemoryBroker implements Broker {
  readonly name: string;
  readonly capabilities: BrokerCapabilities;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #queues = new Map<string, MemoryQueue>();
  readonly #answers: MemoryAnswerShelf;
  #purges = 0;
  #settledOfPurged = 0;
  readonly #closing: BrokerClosing;

  constructor(options: InMemoryBrokerOptions = {}) {
    const {
      name = 'memory',
      limits,
      ...adapters
    } = optionsOf(options, 'the options of InMemoryBroker', OPTIONS);
    this.name = text(name, 'name');
    this.#clock = parseAdapters(adapters).clock;
    this.#limits = parseLimits(limits);
    this.#answers = new MemoryAnswerShelf(this.#clock, this.#limits);
    this.#closing = new BrokerClosing(this.#clock, {
      name: this.name,
      held: () => this.#length(),
      settled: () => this.#settled(),
      end: () => this.#end(),
    });
    this.capabilities = {
      durable: false,
      delivery: 'at-least-once',
      orderedByKey: true,
      delayed: true,
      priorities: true,
      payloadBytesMax: this.#limits.payloadBytesMax,
      shared: false,
    };
  }

  get answers(): AnswerShelf {
    return this.#answers;
  }

  // Not as async functions, here and in the next two: a promise by hand is half of what one costs.
  publish(queue: string, envelopes: readonly Envelope[]): Promise<readonly PublishOutcome[]> {
    try {
      if (this.#closing.hasBegun) throw this.#closing.refusal('publish');
      return Promise.resolve(this.#queue(queue).publish(envelopes));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  receive(queue: string, request: ReceiveRequest): Promise<readonly Delivery[]> {
    try {
      assertReceivable(request);
      return this.#open('receive', queue).receive(request);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  ack(queue: string, receipts: readonly Acknowledgement[]): Promise<readonly SettleOutcome[]> {
    try {
      const outcomes = this.#open('ack', queue).ack(receipts);
      this.#answers.serve();
      this.#closing.endIfDrained();
      return Promise.resolve(outcomes);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async extend(
    queue: string,
    receipts: readonly Receipt[],
    leaseMs: number,
  ): Promise<readonly SettleOutcome[]> {
    assertLasting(leaseMs);
    return this.#open('extend', queue).extend(receipts, leaseMs);
  }

  async nack(queue: string, refusals: readonly Refusal[]): Promise<readonly RefusalOutcome[]> {
    const outcomes = this.#open('nack', queue).nack(refusals);
    this.#answers.serve();
    this.#closing.endIfDrained();
    return outcomes;
  }

  async deadLetters(queue: string): Promise<readonly DeadLetter[]> {
    return this.#open('deadLetters', queue).deadLetters();
  }

  async depth(queue: string): Promise<QueueDepth> {
    return this.#open('depth', queue).depth();
  }

  close(request: CloseRequest): Promise<CloseReport> {
    return this.#closing.close(request);
  }

  async purge(queues: readonly string[]): Promise<void> {
    if (this.#closing.hasEnded) throw this.#closing.refusal('purge');
    this.#purges += 1;
    for (const name of queues) {
      const queue = this.#queues.get(name);
      this.#queues.delete(name);
      this.#settledOfPurged += queue?.settled ?? 0;
      queue?.end();
    }
    this.#closing.endIfDrained();
  }

  /** @internal For brokers that have their messages come through something else. */
  protected makeQueue(...given: Parameters<MakeQueue>): MemoryQueue {
    return makeMemoryQueue(...given);
  }

  #queue(name: string): MemoryQueue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const tokenMark = this.#purges === 0 ? '' : `${this.#purges}.`;
    const options = { answers: this.#answers, tokenMark };
    const queue = this.makeQueue(this.#clock, this.#limits, options, name);
    this.#queues.set(name, queue);
    return queue;
  }

  /** The queue, for as long as the broker serves it. */
  #open(operation: string, queue: string): MemoryQueue {
    if (this.#closing.hasEnded) throw this.#closing.refusal(operation);
    return this.#queue(queue);
  }

  #end(): Omit<CloseReport, 'drained'> {
    for (const queue of this.#queues.values()) {
      queue.catchUp();
      queue.end();
    }
    this.#answers.end(() => this.#closing.refusal('answers'));
    return { returned: 0, abandoned: this.#length() };
  }

  #settled(): number {
    let settled = this.#settledOfPurged;
    for (const queue of this.#queues.values()) settled += queue.settled;
    return settled;
  }

  #length(): number {
    let length = 0;
    for (const queue of this.#queues.values()) length += queue.length;
    return length;
  }
}
