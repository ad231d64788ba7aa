import { parseAdapters } from '../core/adapters.js';
import type { Clock } from '../core/clock.js';
import type { Ids } from '../core/ids.js';
import { type Limits, parseLimits } from '../core/limits.js';
import type { Envelope } from '../core/message.js';
import { optionsOf, shortText, text, wrong } from '../core/parse.js';
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

/** How a Ray broker is opened. */
export interface RayBrokerOptions {
  /** Whose queues they are: those of two tenants on one cluster do not meet. One broker at a time may have those of a tenant open. */
  readonly tenant: string;
  /** The path of a file ledger, with which nothing accepted is lost (default: that of the word, or none). */
  readonly ledger?: string;
  /** True demands a ledger (default false). */
  readonly durable?: boolean;
  /** A Python that can import ray (default: `CONCLAVE_PYTHON`, `.services/python` above this folder, `python3`). */
  readonly python?: string;
  /** What leases, delays and deadlines are measured with (default: the machine's). */
  readonly clock?: Clock;
  /** Bounds other than those of `defaultLimits`. */
  readonly limits?: Partial<Limits>;
  /** Names the session (default: the machine's). */
  readonly ids?: Ids;
}

const OPTIONS = [
  'tenant',
  'ledger',
  'durable',
  'python',
  'clock',
  'limits',
  'ids',
] satisfies (keyof RayBrokerOptions)[];

/**
 * The broker on Ray: each queue is a `ray.util.queue.Queue`, an actor somewhere in the cluster, through which every
 * message goes before its first delivery; a Python process (the bridge) speaks to it. Keys, delays, priorities,
 * leases and dead letters are kept by this process, which alone has the queues open (`shared: false`).
 *
 * Without a ledger it says `delivery: 'at-most-once'`: what lies in a Ray queue when its actor dies is lost, and
 * becomes a dead letter; the next receive rejects with `BrokerUnavailable`. With one (`ray://local?ledger=work.db`)
 * it is durable and `at-least-once`: what was accepted is put again, after the death of the actor, of the bridge and
 * of this process. A queue on a joined cluster stays until `purge`, its messages too where there is no ledger.
 *
 * Priorities have a price: while messages of different priorities wait, a receive has all of them brought first.
 */
export class RayBroker implements Broker {
  readonly #front: Broker;

  private constructor(front: Broker) {
    this.#front = front;
  }

  /**
   * Opens `ray://local`, a Ray of its own on this machine that ends with the broker (some 4 s to start); or
   * `ray://host:port`, a cluster by its Ray Client server (`pip install 'ray[client]'`), or with `?join=node` by the
   * port of its control store, from a machine of the cluster.
   * @throws (as rejections) `InvalidOption` for a wrong word or option, or `durable` without a ledger;
   * `DriverMissing` where there is no Python with ray; `BrokerUnavailable` or `Timeout` where Ray does not answer.
   */
  static async open(url: string, options: RayBrokerOptions): Promise<RayBroker> {
    const {
      tenant,
      ledger,
      durable = false,
      python,
      limits,
      ...adapters
    } = optionsOf(options, 'the options of RayBroker.open', OPTIONS);
    if (typeof durable !== 'boolean') throw wrong('durable', 'true or false', durable);
    const { openRay } = await import('./ray/open.js'); // importing the package loads none of it
    const front = await openRay(text(url, 'the word of a Ray broker'), {
      tenant: shortText('tenant', tenant),
      ledger: ledger === undefined ? undefined : text(ledger, 'ledger'),
      durable,
      python: python === undefined ? undefined : text(python, 'python'),
      limits: parseLimits(limits),
      ...parseAdapters(adapters),
    });
    return new RayBroker(front);
  }

  get name(): string {
    return this.#front.name;
  }

  get capabilities(): BrokerCapabilities {
    return this.#front.capabilities;
  }

  get warnings(): readonly string[] | undefined {
    return this.#front.warnings;
  }

  get answers(): AnswerShelf | undefined {
    return this.#front.answers;
  }

  publish(queue: string, envelopes: readonly Envelope[]): Promise<readonly PublishOutcome[]> {
    return this.#front.publish(queue, envelopes);
  }

  receive(queue: string, request: ReceiveRequest): Promise<readonly Delivery[]> {
    return this.#front.receive(queue, request);
  }

  ack(queue: string, receipts: readonly Acknowledgement[]): Promise<readonly SettleOutcome[]> {
    return this.#front.ack(queue, receipts);
  }

  extend(queue: string, receipts: readonly Receipt[], leaseMs: number): Promise<readonly SettleOutcome[]> {
    return this.#front.extend(queue, receipts, leaseMs);
  }

  nack(queue: string, refusals: readonly Refusal[]): Promise<readonly RefusalOutcome[]> {
    return this.#front.nack(queue, refusals);
  }

  deadLetters(queue: string): Promise<readonly DeadLetter[]> {
    return this.#front.deadLetters(queue);
  }

  depth(queue: string): Promise<QueueDepth> {
    return this.#front.depth(queue);
  }

  close(request: CloseRequest): Promise<CloseReport> {
    return this.#front.close(request);
  }

  /** Removes these queues, here and in Ray, with all that they hold. */
  async purge(queues: readonly string[]): Promise<void> {
    await this.#front.purge?.(queues);
  }
}
