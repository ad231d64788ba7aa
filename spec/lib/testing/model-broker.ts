import type {
  Acknowledgement,
  AnswerPage,
  AnswerShelf,
  AnswersRequest,
  Broker,
  BrokerCapabilities,
  CloseReport,
  CloseRequest,
  Delivery,
  Receipt,
  ReceiveRequest,
  Refusal,
} from '../../../lib/brokers/contract.js';
import { type BrokerCommand, type BrokerOutput, depthOf } from '../../../lib/brokers/model.js';
import { ConclaveError } from '../../../lib/core/errors.js';
import type { Envelope, MessageId } from '../../../lib/core/message.js';
import { type BrokerFactory, type BrokerTrait, ManualClock } from '../../../lib/testing/index.js';
import { type ModelPromises, ModelWorld } from './model-world.js';

/** Answers of all queues stand on the shelf of this one. */
const QUEUE = 'tasks';

/** A client of the model that behaves as a broker: it shows what the suite asks of those who promise more than memory does. */
class ModelBroker implements Broker {
  readonly name = 'model';
  readonly capabilities: BrokerCapabilities;
  readonly answers: AnswerShelf = {
    read: (asker, request) => this.#read(asker, request),
    find: (id) => this.#find(id),
  };
  readonly #world: ModelWorld;
  readonly #others: Set<ModelBroker>;
  readonly #calls: number[] = [];
  #left: CloseReport | undefined;

  constructor(world: ModelWorld, clients: Set<ModelBroker>) {
    const { leaseHolders: _, ...promises } = world.promises;
    const { payloadBytesMax } = world.limits;
    this.capabilities = { ...promises, delivery: 'at-least-once', payloadBytesMax };
    this.#world = world;
    this.#others = clients;
    clients.add(this);
  }

  async publish(queue: string, envelopes: readonly Envelope[]) {
    const output = this.#tell(queue, { type: 'publish', envelopes });
    return output?.type === 'published' ? output.outcomes : [];
  }

  async receive(queue: string, request: ReceiveRequest): Promise<readonly Delivery[]> {
    const { signal, ...asked } = request;
    if (signal?.aborted === true) return [];
    const output = await this.#ask(queue, signal, (call) => ({ type: 'receive', call, request: asked }));
    return output.type === 'received' ? output.deliveries : [];
  }

  async ack(queue: string, receipts: readonly Acknowledgement[]) {
    return settled(this.#tell(queue, { type: 'ack', receipts })).map(eitherOkOrStale);
  }

  async extend(queue: string, receipts: readonly Receipt[], leaseMs: number) {
    return settled(this.#tell(queue, { type: 'extend', receipts, leaseMs })).map(eitherOkOrStale);
  }

  async nack(queue: string, refusals: readonly Refusal[]) {
    return settled(this.#tell(queue, { type: 'nack', refusals }));
  }

  async deadLetters(queue: string) {
    this.#tell(queue, { type: 'ack', receipts: [] });
    return this.#world.state(queue).deadLetters;
  }

  async depth(queue: string) {
    this.#tell(queue, { type: 'ack', receipts: [] });
    return depthOf(this.#world.state(queue));
  }

  async purge(queues: readonly string[]): Promise<void> {
    this.#world.remove(queues);
  }

  async close(request: CloseRequest): Promise<CloseReport> {
    if (this.#left !== undefined) return this.#left;
    if (this.#others.size === 1) return this.#world.close(QUEUE, request);
    this.#others.delete(this);
    this.#left = { drained: 0, returned: this.#world.length, abandoned: 0 };
    this.#world.dismiss(this.#calls);
    return this.#left;
  }

  #tell(queue: string, command: BrokerCommand): BrokerOutput | undefined {
    if (this.#left !== undefined) throw new ConclaveError('ShuttingDown', 'this client is closed');
    return this.#world.tell(queue, command);
  }

  async #ask(
    queue: string,
    signal: AbortSignal | undefined,
    command: (call: number) => BrokerCommand,
  ): Promise<BrokerOutput> {
    if (this.#left !== undefined) throw new ConclaveError('ShuttingDown', 'this client is closed');
    return this.#world.ask(queue, command, (call) => {
      this.#calls.push(call);
      signal?.addEventListener('abort', () => this.#world.callOff(queue, call), { once: true });
    });
  }

  async #read(asker: string, { cursor, max, waitMs, signal }: AnswersRequest): Promise<AnswerPage> {
    const place = Number(cursor);
    if (signal?.aborted === true) return { answers: [], cursor };
    const read = { type: 'read', asker, place, max, waitMs } as const;
    const output = await this.#ask(QUEUE, signal, (call) => ({ ...read, call }));
    return output.type === 'read'
      ? { answers: output.answers, cursor: String(output.place) }
      : { answers: [], cursor };
  }

  async #find(id: MessageId) {
    const output = this.#tell(QUEUE, { type: 'find', id });
    return output?.type === 'found' ? output.answer : undefined;
  }
}

function settled(output: BrokerOutput | undefined) {
  return output?.type === 'settled' ? output.outcomes : [];
}

function eitherOkOrStale(outcome: string): 'ok' | 'stale' {
  return outcome === 'ok' ? 'ok' : 'stale';
}

/** A factory of brokers made of the model, with these promises. */
export function modelFactory(promises: ModelPromises): BrokerFactory {
  const { durable, shared, orderedByKey, delayed, priorities, leaseHolders } = promises;
  const traits = { durable, shared, keys: orderedByKey, delay: delayed, priorities };
  const all: readonly (keyof typeof traits & BrokerTrait)[] = [
    'durable',
    'shared',
    'keys',
    'delay',
    'priorities',
  ];
  return {
    name: 'model',
    leaseHolders,
    lacks: all.filter((trait) => !traits[trait]),
    async open(limits) {
      const world = new ModelWorld(promises, limits);
      const turns = new ManualClock();
      const clients = new Set<ModelBroker>();
      let broker = new ModelBroker(world, clients);
      return {
        broker,
        async advance(byMs) {
          await turns.settle();
          world.advance(byMs);
          await turns.settle();
        },
        dispose: async () => {},
        ...(durable && {
          reopen: async () => {
            clients.delete(broker);
            world.reopen();
            broker = new ModelBroker(world, clients);
            return broker;
          },
        }),
        ...(shared && { another: async () => new ModelBroker(world, clients) }),
      };
    },
  };
}
