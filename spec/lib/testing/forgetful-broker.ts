import type {
  Acknowledgement,
  AnswerShelf,
  Broker,
  BrokerCapabilities,
  CloseRequest,
  Delivery,
  Receipt,
  ReceiveRequest,
  Refusal,
} from '../../../lib/brokers/contract.js';
import { InMemoryBroker } from '../../../lib/brokers/memory.js';
import { type Envelope, PRIORITY_DEFAULT } from '../../../lib/core/message.js';
import { type BrokerFactory, ManualClock } from '../../../lib/testing/index.js';

/** What a broker may do without. */
export type Forgotten = 'delay' | 'keys' | 'priorities';

/** A memory broker that does not look at some fields of a message; whether it says so is another matter. */
class ForgetfulBroker implements Broker {
  readonly name = 'forgetful';
  readonly capabilities: BrokerCapabilities;
  readonly answers: AnswerShelf;
  readonly #inner: InMemoryBroker;
  readonly #forgets: readonly Forgotten[];
  readonly #given = new WeakMap<Envelope, Envelope>();

  constructor(inner: InMemoryBroker, forgets: readonly Forgotten[], says: Partial<BrokerCapabilities>) {
    this.#inner = inner;
    this.answers = inner.answers;
    this.#forgets = forgets;
    this.capabilities = { ...inner.capabilities, ...says };
  }

  publish(queue: string, envelopes: readonly Envelope[]) {
    return this.#inner.publish(
      queue,
      envelopes.map((envelope) => this.#forget(envelope)),
    );
  }

  async receive(queue: string, request: ReceiveRequest): Promise<readonly Delivery[]> {
    const deliveries = await this.#inner.receive(queue, request);
    return deliveries.map((delivery) => ({ ...delivery, envelope: this.#recall(delivery.envelope) }));
  }

  ack(queue: string, receipts: readonly Acknowledgement[]) {
    return this.#inner.ack(queue, receipts);
  }

  extend(queue: string, receipts: readonly Receipt[], leaseMs: number) {
    return this.#inner.extend(queue, receipts, leaseMs);
  }

  nack(queue: string, refusals: readonly Refusal[]) {
    const noDelay = this.#forgets.includes('delay') ? { delayMs: 0 } : {};
    return this.#inner.nack(
      queue,
      refusals.map((refusal) => ({ ...refusal, ...noDelay })),
    );
  }

  async deadLetters(queue: string) {
    const letters = await this.#inner.deadLetters(queue);
    return letters.map((letter) => ({ ...letter, envelope: this.#recall(letter.envelope) }));
  }

  depth(queue: string) {
    return this.#inner.depth(queue);
  }

  close(request: CloseRequest) {
    return this.#inner.close(request);
  }

  purge(queues: readonly string[]) {
    return this.#inner.purge(queues);
  }

  #forget(envelope: Envelope): Envelope {
    const kept: Envelope = {
      ...envelope,
      ...(this.#forgets.includes('delay') ? { delayMs: 0 } : {}),
      ...(this.#forgets.includes('keys') ? { orderingKey: undefined } : {}),
      ...(this.#forgets.includes('priorities') ? { priority: PRIORITY_DEFAULT } : {}),
    };
    this.#given.set(kept, envelope);
    return kept;
  }

  #recall(envelope: Envelope): Envelope {
    return this.#given.get(envelope) ?? envelope;
  }
}

/** A factory of brokers that forget these; `honest` ones say so. */
export function forgetful(forgets: readonly Forgotten[], honest: boolean): BrokerFactory {
  const says = {
    delayed: !(honest && forgets.includes('delay')),
    orderedByKey: !(honest && forgets.includes('keys')),
    priorities: !(honest && forgets.includes('priorities')),
  };
  return {
    name: 'forgetful',
    lacks: ['durable', 'shared', ...(honest ? forgets : [])],
    async open(limits) {
      const clock = new ManualClock();
      return {
        broker: new ForgetfulBroker(new InMemoryBroker({ clock, limits }), forgets, says),
        advance: (byMs) => clock.advance(byMs),
        dispose: async () => {},
      };
    },
  };
}
