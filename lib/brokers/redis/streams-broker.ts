import type { Clock } from '../../core/clock.js';
import { ConclaveError } from '../../core/errors.js';
import type { Limits } from '../../core/limits.js';
import type { Envelope } from '../../core/message.js';
import { assertLasting, assertReceivable } from '../admission.js';
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
} from '../contract.js';
import { Closing } from './closing.js';
import type { RedisConnection } from './connection.js';
import { queueKeys, tenantKeys } from './keys.js';
import { ObservedTime } from './observed-time.js';
import { RedisAnswers } from './redis-answers.js';
import { type QueueHost, RedisQueue } from './redis-queue.js';
import { scripts } from './scripts.js';
import { WakeUp } from './wake-up.js';

/** What a broker on Redis is made of. */
export interface StreamsBrokerParts {
  readonly name: string;
  readonly tenant: string;
  readonly connection: RedisConnection;
  readonly clock: Clock;
  readonly limits: Limits;
  /** A name that no other client has. */
  readonly instance: string;
  readonly durable: boolean;
  /** Whether the clock given is all the time there is, to the millisecond; the server's is not asked then. */
  readonly isTimeVirtual: boolean;
}

/** The contract over one connection: queues by name, and what they have in common. */
export class StreamsBroker implements Broker {
  readonly name: string;
  readonly capabilities: BrokerCapabilities;
  readonly #parts: StreamsBrokerParts;
  readonly #host: QueueHost;
  readonly #queues = new Map<string, RedisQueue>();
  readonly #answers: RedisAnswers;
  readonly #wakeUp: WakeUp;
  #closing: Closing | undefined;

  constructor(parts: StreamsBrokerParts) {
    const { name, connection, clock, limits, instance } = parts;
    this.name = name;
    this.#parts = parts;
    this.capabilities = {
      durable: parts.durable,
      delivery: 'at-least-once',
      orderedByKey: true,
      delayed: true,
      priorities: true,
      payloadBytesMax: limits.payloadBytesMax,
      shared: true,
    };
    this.#host = {
      ...{ connection, clock, limits, instance, tenantKeys: tenantKeys(parts.tenant) },
      isTimeVirtual: parts.isTimeVirtual,
      shelfTime: new ObservedTime(clock, parts.isTimeVirtual),
      listen: () => this.#wakeUp.listen(),
      answered: () => this.#answers.touch(),
      settled: () => this.#closing?.check(),
    };
    this.#answers = new RedisAnswers(this.#host, (operation) => this.#assertOpen(operation));
    this.#wakeUp = new WakeUp(connection, clock, `${this.#host.tenantKeys}wake`, instance, {
      isAwaited: () => this.#answers.isAwaited || [...this.#queues.values()].some((queue) => queue.isAwaited),
      touch: (keys) => this.#touch(keys),
      touchAll: () => this.lookAgain(),
    });
    connection.onReconnect(() => this.lookAgain());
  }

  get answers(): AnswerShelf {
    return this.#answers;
  }

  async publish(queue: string, envelopes: readonly Envelope[]): Promise<readonly PublishOutcome[]> {
    if (this.#closing !== undefined) throw this.#shuttingDown('publish');
    return this.#queue(queue).publish(envelopes);
  }

  async receive(queue: string, request: ReceiveRequest): Promise<readonly Delivery[]> {
    assertReceivable(request);
    return this.#open('receive', queue).receive(request);
  }

  async ack(queue: string, receipts: readonly Acknowledgement[]): Promise<readonly SettleOutcome[]> {
    return this.#open('ack', queue).ack(receipts);
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
    return this.#open('nack', queue).nack(refusals);
  }

  async deadLetters(queue: string): Promise<readonly DeadLetter[]> {
    return this.#open('deadLetters', queue).deadLetters();
  }

  async depth(queue: string): Promise<QueueDepth> {
    const { ready, delayed, heldBack, inFlight } = await this.#open('depth', queue).stand();
    return { ready, delayed, heldBack, inFlight };
  }

  close(request: CloseRequest): Promise<CloseReport> {
    const { clock } = this.#parts;
    this.#closing ??= new Closing(clock, {
      look: () => this.#look(),
      held: () => this.#held(),
      serve: () => this.#serve(),
      dismiss: () => this.#dismiss(),
      disconnect: () => this.#host.connection.close(),
    });
    this.#closing.hasten(request);
    return this.#closing.report;
  }

  async purge(queues: readonly string[]): Promise<void> {
    this.#assertOpen('purge');
    for (const name of queues) {
      const queue = this.#queue(name);
      await this.#host.connection.run(scripts.purge, [this.#host.tenantKeys, queue.keys], []);
    }
  }

  /** Everybody who waits asks again: what changed may have gone unheard. */
  lookAgain(): void {
    for (const queue of this.#queues.values()) queue.touch();
    this.#answers.touch();
  }

  #touch(keys: string): void {
    if (keys === '') this.#answers.touch();
    else for (const queue of this.#queues.values()) if (queue.keys === keys) queue.touch();
  }

  #queue(name: string): RedisQueue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue = new RedisQueue(this.#host, queueKeys(this.#parts.tenant, name));
    this.#queues.set(name, queue);
    return queue;
  }

  /** The queue, for as long as the broker serves it. */
  #open(operation: string, queue: string): RedisQueue {
    this.#assertOpen(operation);
    return this.#queue(queue);
  }

  #assertOpen(operation: string): void {
    if (this.#closing?.hasEnded === true) throw this.#shuttingDown(operation);
  }

  async #look(): Promise<{ held: number; settled: number }> {
    const standings = await Promise.all([...this.#queues.values()].map((queue) => queue.stand()));
    const settled = standings.reduce((sum, standing) => sum + standing.settled, 0);
    return { held: this.#held() ?? 0, settled };
  }

  #held(): number | undefined {
    let sum = 0;
    for (const { held } of this.#queues.values()) {
      if (held === undefined) return undefined;
      sum += held;
    }
    return sum;
  }

  async #serve(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.serve()));
    await this.#answers.serve();
  }

  async #dismiss(): Promise<void> {
    this.#wakeUp.end();
    await Promise.all([...this.#queues.values()].map((queue) => queue.end()));
    await this.#answers.end();
  }

  #shuttingDown(operation: string): ConclaveError {
    return new ConclaveError(
      'ShuttingDown',
      `${operation} on the broker ${this.name}, which is closing or closed; it takes no more. Open another one.`,
    );
  }
}
