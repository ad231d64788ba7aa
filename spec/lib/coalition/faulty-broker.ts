import type {
  Acknowledgement,
  AnswerShelf,
  Broker,
  BrokerCapabilities,
  CloseRequest,
  Receipt,
  ReceiveRequest,
  Refusal,
} from '../../../lib/brokers/contract.js';
import type { InMemoryBroker } from '../../../lib/brokers/memory.js';
import { ConclaveError } from '../../../lib/core/errors.js';
import type { Envelope } from '../../../lib/core/message.js';

/** What becomes of a call: it is answered, never gets there, or is carried out and its answer is lost. */
export type Fate = 'answered' | 'unreached' | 'unanswered';

/**
 * A memory broker that says it promises more than it does, as long as its object lives, and whose calls fail as a spec
 * says.
 */
export class FaultyBroker implements Broker {
  readonly name = 'faulty';
  readonly capabilities: BrokerCapabilities;
  readonly answers: AnswerShelf;
  /** What was purged, in order. */
  readonly purged: string[] = [];
  /** Says what becomes of the next call. */
  fate: (call: string) => Fate = () => 'answered';
  readonly #inner: InMemoryBroker;

  constructor(inner: InMemoryBroker, promises: Partial<BrokerCapabilities>) {
    this.#inner = inner;
    this.capabilities = { ...inner.capabilities, ...promises };
    this.answers = {
      read: (asker, request) => this.#try('read', () => inner.answers.read(asker, request)),
      find: (id) => this.#try('find', () => inner.answers.find(id)),
    };
  }

  publish(queue: string, envelopes: readonly Envelope[]) {
    return this.#try('publish', () => this.#inner.publish(queue, envelopes));
  }

  receive(queue: string, request: ReceiveRequest) {
    return this.#try('receive', () => this.#inner.receive(queue, request));
  }

  ack(queue: string, receipts: readonly Acknowledgement[]) {
    return this.#try('ack', () => this.#inner.ack(queue, receipts));
  }

  extend(queue: string, receipts: readonly Receipt[], leaseMs: number) {
    return this.#try('extend', () => this.#inner.extend(queue, receipts, leaseMs));
  }

  nack(queue: string, refusals: readonly Refusal[]) {
    return this.#try('nack', () => this.#inner.nack(queue, refusals));
  }

  deadLetters(queue: string) {
    return this.#try('deadLetters', () => this.#inner.deadLetters(queue));
  }

  depth(queue: string) {
    return this.#try('depth', () => this.#inner.depth(queue));
  }

  async purge(queues: readonly string[]): Promise<void> {
    this.purged.push(...queues);
  }

  close(request: CloseRequest) {
    return this.#inner.close(request);
  }

  async #try<T>(call: string, work: () => Promise<T>): Promise<T> {
    const fate = this.fate(call);
    if (fate === 'unreached') throw unavailable(call);
    const answer = await work();
    if (fate === 'unanswered') throw unavailable(call);
    return answer;
  }
}

function unavailable(call: string): ConclaveError {
  return new ConclaveError('BrokerUnavailable', `faulty: ${call} had no answer.`);
}
