import { strict as assert } from 'node:assert';
import { parseAdapters } from '../core/adapters.js';
import type { Clock, Timer } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import { type Limits, parseLimits } from '../core/limits.js';
import type { Envelope } from '../core/message.js';
import { optionsOf, text } from '../core/parse.js';
import { MemoryAnswerShelf } from './answer-shelf.js';
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
import { TIMER_MS_MAX } from './waiting-line.js';

/** How a memory broker is made; nothing need be given. */
export interface InMemoryBrokerOptions {
  /** What leases, delays and waits are measured with (default: the machine's). */
  readonly clock?: Clock;
  /** Bounds other than those of `defaultLimits`. */
  readonly limits?: Partial<Limits>;
  /** What messages to people call it (default 'memory'). */
  readonly name?: string;
}

const OPTIONS = ['clock', 'limits', 'name'] satisfies (keyof InMemoryBrokerOptions)[];

/** Makes the queue of a name; for brokers that put something of their own into it. */
export type MakeQueue = (
  clock: Clock,
  limits: Limits,
  options: MemoryQueueOptions,
  name: string,
) => MemoryQueue;

/** A close that has begun. */
interface Closing {
  readonly settledBefore: number;
  readonly report: Promise<CloseReport>;
  readonly resolve: (report: CloseReport) => void;
  deadlineMs: number;
  timer: Timer | undefined;
  ended: boolean;
}

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
  readonly #makeQueue: MakeQueue;
  readonly #queues = new Map<string, MemoryQueue>();
  readonly #answers: MemoryAnswerShelf;
  #purges = 0;
  #settledOfPurged = 0;
  #closing: Closing | undefined;

  constructor(
    options: InMemoryBrokerOptions = {},
    makeQueue: MakeQueue = (...given) => new MemoryQueue(given[0], given[1], given[2]),
  ) {
    const {
      name = 'memory',
      limits,
      ...adapters
    } = optionsOf(options, 'the options of InMemoryBroker', OPTIONS);
    this.name = text(name, 'name');
    this.#clock = parseAdapters(adapters).clock;
    this.#limits = parseLimits(limits);
    this.#makeQueue = makeQueue;
    this.#answers = new MemoryAnswerShelf(this.#clock, this.#limits);
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

  async publish(queue: string, envelopes: readonly Envelope[]): Promise<readonly PublishOutcome[]> {
    if (this.#closing !== undefined) throw shuttingDown(this.name, 'publish');
    return this.#queue(queue).publish(envelopes);
  }

  async receive(queue: string, request: ReceiveRequest): Promise<readonly Delivery[]> {
    assert(Number.isInteger(request.max) && request.max > 0, `receive of ${request.max}: max is 1 or more`);
    assert(request.leaseMs > 0, `a lease of ${request.leaseMs} ms: it must last`);
    assert(isAgeing(request.ageingMs), `ageing by ${request.ageingMs} ms: more than 0, and finite`);
    return this.#open('receive', queue).receive(request);
  }

  async ack(queue: string, receipts: readonly Acknowledgement[]): Promise<readonly SettleOutcome[]> {
    const outcomes = this.#open('ack', queue).ack(receipts);
    this.#answers.serve();
    this.#endIfDrained();
    return outcomes;
  }

  async extend(
    queue: string,
    receipts: readonly Receipt[],
    leaseMs: number,
  ): Promise<readonly SettleOutcome[]> {
    assert(leaseMs > 0, `a lease of ${leaseMs} ms: it must last`);
    return this.#open('extend', queue).extend(receipts, leaseMs);
  }

  async nack(queue: string, refusals: readonly Refusal[]): Promise<readonly RefusalOutcome[]> {
    const outcomes = this.#open('nack', queue).nack(refusals);
    this.#answers.serve();
    this.#endIfDrained();
    return outcomes;
  }

  async deadLetters(queue: string): Promise<readonly DeadLetter[]> {
    return this.#open('deadLetters', queue).deadLetters();
  }

  async depth(queue: string): Promise<QueueDepth> {
    return this.#open('depth', queue).depth();
  }

  close(request: CloseRequest): Promise<CloseReport> {
    this.#closing ??= this.#beginClosing();
    const closing = this.#closing;
    const deadlineMs = this.#clock.nowMs() + (request.drain ? Math.max(0, request.deadlineMs) : 0);
    if (!closing.ended && deadlineMs < closing.deadlineMs) this.#endBy(closing, deadlineMs);
    this.#endIfDrained();
    return closing.report;
  }

  async purge(queues: readonly string[]): Promise<void> {
    if (this.#closing?.ended === true) throw shuttingDown(this.name, 'purge');
    this.#purges += 1;
    for (const name of queues) {
      const queue = this.#queues.get(name);
      this.#queues.delete(name);
      this.#settledOfPurged += queue?.settled ?? 0;
      queue?.end();
    }
    this.#endIfDrained();
  }

  #queue(name: string): MemoryQueue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const tokenMark = this.#purges === 0 ? '' : `${this.#purges}.`;
    const options = { answers: this.#answers, tokenMark };
    const queue = this.#makeQueue(this.#clock, this.#limits, options, name);
    this.#queues.set(name, queue);
    return queue;
  }

  /** The queue, for as long as the broker serves it. */
  #open(operation: string, queue: string): MemoryQueue {
    if (this.#closing?.ended === true) throw shuttingDown(this.name, operation);
    return this.#queue(queue);
  }

  #beginClosing(): Closing {
    let resolve: (report: CloseReport) => void = () => assert.fail('a promise runs its executor at once');
    const report = new Promise<CloseReport>((settle) => {
      resolve = settle;
    });
    const deadlineMs = Number.POSITIVE_INFINITY;
    return { settledBefore: this.#settled(), report, resolve, deadlineMs, timer: undefined, ended: false };
  }

  #endBy(closing: Closing, deadlineMs: number): void {
    closing.timer?.cancel();
    closing.deadlineMs = deadlineMs;
    const leftMs = deadlineMs - this.#clock.nowMs();
    const onTimer = () => this.#endBy(closing, deadlineMs);
    if (leftMs <= 0) this.#end(closing);
    else closing.timer = this.#clock.setTimer(onTimer, Math.min(leftMs, TIMER_MS_MAX));
  }

  #endIfDrained(): void {
    const closing = this.#closing;
    if (closing !== undefined && !closing.ended && this.#length() === 0) this.#end(closing);
  }

  #end(closing: Closing): void {
    closing.ended = true;
    closing.timer?.cancel();
    for (const queue of this.#queues.values()) {
      queue.catchUp();
      queue.end();
    }
    this.#answers.end(() => shuttingDown(this.name, 'answers'));
    const drained = this.#settled() - closing.settledBefore;
    closing.resolve({ drained, returned: 0, abandoned: this.#length() });
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

function isAgeing(ageingMs: number | undefined): boolean {
  return ageingMs === undefined || (ageingMs > 0 && ageingMs < Number.POSITIVE_INFINITY);
}

function shuttingDown(name: string, operation: string): ConclaveError {
  return new ConclaveError(
    'ShuttingDown',
    `${operation} on the broker ${name}, which is closing or closed; it takes no more. Open another one.`,
  );
}
