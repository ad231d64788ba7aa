import type { Envelope } from '../core/message.js';
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
import { parseRedisOptions, type RedisBrokerOptions } from './redis/options.js';
import type { StreamsBroker } from './redis/streams-broker.js';

export type { RedisBrokerOptions } from './redis/options.js';

/**
 * Queues in a Redis of 6.2 or later, shared by every process that opens the same URL and tenant. All that one call
 * changes is one step at the server; what it has resolved to is kept as well as the server keeps its data:
 * `capabilities.durable` says whether it has an append-only file, and `warnings` what its settings mean.
 *
 * Each queue has a time of its own. It goes on by the server's clock as long as that agrees, to a second, with what
 * the caller has observed on its own monotonic clock since it used the queue last; otherwise by the latter: a step of
 * the server's clock neither ends leases nor makes them last. A client that has not used the queue before has the
 * server's clock alone to go by.
 *
 * A call that got no answer rejects with `BrokerUnavailable` or `Timeout`: what became of it is unknown, and it may
 * be made again with the same identities.
 */
export class RedisBroker implements Broker {
  readonly name: string;
  readonly capabilities: BrokerCapabilities;
  /** What the server's settings mean for messages, a sentence each; none for a server that is set up for queues. */
  readonly warnings: readonly string[];
  readonly #streams: StreamsBroker;

  /** Use `RedisBroker.open`: it connects first. */
  private constructor(streams: StreamsBroker, warnings: readonly string[]) {
    this.name = streams.name;
    this.capabilities = streams.capabilities;
    this.warnings = warnings;
    this.#streams = streams;
  }

  /**
   * Connects to `redis://user:password@host:port/database`, or `rediss://…` for TLS; the driver is loaded here.
   * @throws `InvalidOption` for a URL that is none, and for `durable` on a server that does not give it;
   * `BrokerUnavailable` for a server that cannot be reached or used; `DriverMissing` where ioredis is not installed.
   */
  static async open(url: string, options: RedisBrokerOptions): Promise<RedisBroker> {
    const given = parseRedisOptions(options);
    const { openStreams } = await import('./redis/open-streams.js'); // importing the package loads none of it
    const { broker, warnings } = await openStreams(url, given);
    return new RedisBroker(broker, warnings);
  }

  /** Answers to tasks of this tenant. */
  get answers(): AnswerShelf {
    return this.#streams.answers;
  }

  publish(queue: string, envelopes: readonly Envelope[]): Promise<readonly PublishOutcome[]> {
    return this.#streams.publish(queue, envelopes);
  }

  receive(queue: string, request: ReceiveRequest): Promise<readonly Delivery[]> {
    return this.#streams.receive(queue, request);
  }

  ack(queue: string, receipts: readonly Acknowledgement[]): Promise<readonly SettleOutcome[]> {
    return this.#streams.ack(queue, receipts);
  }

  extend(queue: string, receipts: readonly Receipt[], leaseMs: number): Promise<readonly SettleOutcome[]> {
    return this.#streams.extend(queue, receipts, leaseMs);
  }

  nack(queue: string, refusals: readonly Refusal[]): Promise<readonly RefusalOutcome[]> {
    return this.#streams.nack(queue, refusals);
  }

  deadLetters(queue: string): Promise<readonly DeadLetter[]> {
    return this.#streams.deadLetters(queue);
  }

  depth(queue: string): Promise<QueueDepth> {
    return this.#streams.depth(queue);
  }

  /** What is held stays with the server: `returned` counts it. A drain waits for what others settle, too. */
  close(request: CloseRequest): Promise<CloseReport> {
    return this.#streams.close(request);
  }

  /** Removes these queues for all clients; one that still uses them finds them empty. Answers stay until their time is over. */
  purge(queues: readonly string[]): Promise<void> {
    return this.#streams.purge(queues);
  }
}
