import type { ConsumerContext, ConsumerEvent, consumerChart } from '../../../actors/consumer.js';
import type { Broker, Delivery } from '../../brokers/contract.js';
import { untilAborted } from '../../core/abort.js';
import { type Clock, sleep } from '../../core/clock.js';
import { isConclaveError } from '../../core/errors.js';
import type { Limits } from '../../core/limits.js';
import type { ActorSystem } from '../../system/system.js';
import { blameless } from '../dispatch/blameless.js';

/** How long a consumer's receive waits; a publish wakes it and a stop calls it off: this bounds how long a lost wake-up lasts. */
const RECEIVE_WAIT_MS = 1_000;
const RETRY_MS = 200;
const BATCH_MAX = 256;

/** What a consumer of a queue works with. */
export interface QueueConsumerOptions {
  /** Where its actor is started. */
  readonly system: ActorSystem;
  /** Where it receives. */
  readonly broker: Broker;
  /** What it receives from: every message of it is written, then acknowledged. */
  readonly queue: string;
  /**
   * The session that receives, and whose order to stop counts: one that a process left behind which is dead stops
   * nobody. Undefined: a session named after the queue, and anybody's order.
   */
  readonly session?: string | undefined;
  /** Nothing is received before: what an earlier process left is written under a leadership, too. Undefined: at once. */
  readonly begun?: Promise<unknown> | undefined;
  /** What leases and waits are measured with. */
  readonly clock: Clock;
  /** `leaseMs` and `receiveWaitMs` count here. */
  readonly limits: Limits;
  /** Writes a batch; resolves to how many of it were there already. What it throws is tried again, but `StaleEpoch`. */
  readonly write: (batch: readonly Delivery[]) => Promise<number>;
  /** Hears of what was written and acknowledged. */
  readonly onDone?: (batch: readonly Delivery[]) => void;
  /** Hears of every write or receive that failed; it is tried again. */
  readonly onError: (error: unknown) => void;
}

/** The shell of a consumer chart: receives, writes and acknowledges, one batch at a time. */
export class QueueConsumer {
  readonly #options: QueueConsumerOptions;
  readonly #actor;
  readonly #consumer: string;
  /** Calls off the receive that is out. */
  #calling = new AbortController();
  #hasBegun: boolean;
  #hasLeft = false;
  #batch: readonly Delivery[] = [];

  constructor(chart: ReturnType<typeof consumerChart>, options: QueueConsumerOptions) {
    this.#options = options;
    this.#consumer = options.session ?? `${options.queue}-consumer`;
    this.#hasBegun = options.begun === undefined;
    void options.begun?.then(() => {
      this.#hasBegun = true;
    });
    const provided = chart.provide({
      actions: {
        receive: (_, { draining }) => void this.#receive(draining),
        callOff: () => this.#calling.abort(),
        write: () => void this.#write(),
        leave: () => {
          this.#hasLeft = true;
        },
      },
    });
    this.#actor = options.system.spawn(provided, {
      id: chart.id,
      input: { queue: options.queue, retryMs: RETRY_MS },
      restart: 'transient',
      stopEvent: { type: 'stop' },
    });
  }

  /** Resolves when it has left: told to stop and the queue drained, or fenced. */
  get ended(): Promise<unknown> {
    return this.#actor.exited;
  }

  /** Ends it once its queue is drained, as an order to stop does that comes by the queue. */
  stop(): void {
    this.#tell({ type: 'stop' });
  }

  /** What it has taken and written so far. */
  get counts(): Pick<ConsumerContext, 'taken' | 'written' | 'duplicates'> {
    return this.#actor.getSnapshot().context;
  }

  async #receive(draining: boolean): Promise<void> {
    const { broker, queue, limits, begun } = this.#options;
    this.#calling = new AbortController();
    const { signal } = this.#calling;
    if (!this.#hasBegun && begun !== undefined && !draining) await untilAborted(begun, signal);
    if (!this.#hasBegun) return this.#tell({ type: 'received', count: 0, stop: false });
    try {
      const wait = draining ? { waitMs: 0 } : { waitMs: RECEIVE_WAIT_MS, signal };
      const request = { consumer: this.#consumer, max: BATCH_MAX, leaseMs: limits.leaseMs };
      this.#batch = await broker.receive(queue, { ...request, ...wait });
      if (draining && this.#batch.length === 0 && (await this.#hasMore())) return this.#receiveLater();
      const stop = this.#batch.some((delivery) => this.#isOrder(delivery));
      this.#tell({ type: 'received', count: this.#batch.length, stop });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** While draining: what is delayed or held elsewhere still has to come, unless others may take it as well. */
  async #hasMore(): Promise<boolean> {
    const { broker, queue } = this.#options;
    if (broker.capabilities.shared) return false;
    const depth = await broker.depth(queue);
    return depth.ready + depth.delayed + depth.inFlight > 0;
  }

  async #receiveLater(): Promise<void> {
    await sleep(this.#options.clock, this.#options.limits.receiveWaitMs);
    await this.#receive(true);
  }

  #isOrder({ envelope }: Delivery): boolean {
    const { session } = this.#options;
    return envelope.kind === 'stop' && (session === undefined || session === envelope.producer);
  }

  async #write(): Promise<void> {
    const { broker, queue } = this.#options;
    const batch = this.#batch;
    try {
      const messages = batch.filter(({ envelope }) => envelope.kind !== 'stop');
      const duplicates = messages.length === 0 ? 0 : await this.#options.write(messages);
      await broker.ack(queue, batch);
      this.#options.onDone?.(messages);
      this.#tell({ type: 'written', count: messages.length, duplicates });
    } catch (error) {
      await this.#giveBack(batch, error);
      this.#fail(error);
    }
  }

  /** At once and in order: the chart waits before it receives them again. */
  async #giveBack(batch: readonly Delivery[], error: unknown): Promise<void> {
    const reason = String(error);
    const refusals = batch.map((receipt) => blameless(receipt, reason));
    try {
      await this.#options.broker.nack(this.#options.queue, refusals);
    } catch (unreachable) {
      this.#options.onError(unreachable); // they come back when their lease is over
    }
  }

  #fail(error: unknown): void {
    this.#options.onError(error);
    const type = isConclaveError(error, 'StaleEpoch') ? 'fenced' : 'failed';
    this.#tell({ type, reason: String(error) });
  }

  #tell(event: ConsumerEvent): void {
    if (!this.#hasLeft) this.#actor.send(event);
  }
}
