import { untilAborted } from '../../core/abort.js';
import type { Envelope } from '../../core/message.js';
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
import type { MakeQueue } from '../memory.js';
import type { Conveyor } from './conveyor.js';
import { Conveyors, type ConveyorsOptions } from './conveyors.js';

/** What stands between a broker and Ray. */
export interface RayFrontOptions extends ConveyorsOptions {
  /** What messages to people call it. */
  readonly name: string;
  /** Opens the broker that keeps what is accepted and unsettled, on the queues that it is given. */
  readonly openBehind: (makeQueue: MakeQueue) => Promise<Broker>;
}

const NO_LEDGER =
  'This Ray broker has no ledger: what lies in a Ray queue when its actor dies is lost. Where that matters, name a ' +
  "file: 'ray://local?ledger=work.db'.";

/**
 * A broker of which each message comes through a Ray queue before its first delivery. What is accepted is kept by
 * the broker behind, of this process; all but publishing and receiving is that broker's alone.
 */
export class RayFront implements Broker {
  readonly name: string;
  readonly #options: RayFrontOptions;
  readonly #behind: Broker;
  readonly #conveyors: Conveyors;
  #report: Promise<CloseReport> | undefined;
  #busy = 0;

  static async open(options: RayFrontOptions): Promise<RayFront> {
    const conveyors = new Conveyors(options);
    const behind = await options.openBehind((...given) => conveyors.makeQueue(...given));
    return new RayFront(options, behind, conveyors);
  }

  private constructor(options: RayFrontOptions, behind: Broker, conveyors: Conveyors) {
    this.name = options.name;
    this.#options = options;
    this.#behind = behind;
    this.#conveyors = conveyors;
    // Nothing to settle, only to have the broker see that there is less to wait for.
    conveyors.onLoss((queue) => void behind.ack(queue, []).catch(() => {}));
  }

  get capabilities(): BrokerCapabilities {
    const delivery = this.#options.replays ? 'at-least-once' : 'at-most-once';
    return { ...this.#behind.capabilities, delivery };
  }

  get warnings(): readonly string[] {
    return this.#options.replays ? [] : [NO_LEDGER];
  }

  get answers(): AnswerShelf | undefined {
    return this.#behind.answers;
  }

  /** Whether nothing is under way to Ray or from it, and nothing has to be. */
  get isIdle(): boolean {
    return this.#busy === 0 && this.#conveyors.isIdle;
  }

  publish(queue: string, envelopes: readonly Envelope[]): Promise<readonly PublishOutcome[]> {
    return this.#busily(async () => {
      const conveyor = await this.#conveyor(queue);
      if (!this.#options.replays) {
        await conveyor.opened();
        conveyor.assertUp();
      }
      const outcomes = await this.#behind.publish(queue, envelopes);
      if (this.#options.replays) conveyor.put();
      else await conveyor.putThrough();
      return outcomes;
    });
  }

  async receive(queue: string, request: ReceiveRequest): Promise<readonly Delivery[]> {
    const opened = this.#busily(async () => {
      const found = await this.#conveyor(queue);
      await found.opened();
      return found;
    });
    const conveyor = await untilAborted(opened, request.signal);
    if (conveyor === undefined) return [];
    return conveyor.receive(request, () => this.#behind.receive(queue, request));
  }

  ack(queue: string, receipts: readonly Acknowledgement[]): Promise<readonly SettleOutcome[]> {
    return this.#behind.ack(queue, receipts);
  }

  extend(queue: string, receipts: readonly Receipt[], leaseMs: number): Promise<readonly SettleOutcome[]> {
    return this.#behind.extend(queue, receipts, leaseMs);
  }

  nack(queue: string, refusals: readonly Refusal[]): Promise<readonly RefusalOutcome[]> {
    return this.#behind.nack(queue, refusals);
  }

  deadLetters(queue: string): Promise<readonly DeadLetter[]> {
    return this.#behind.deadLetters(queue);
  }

  depth(queue: string): Promise<QueueDepth> {
    return this.#behind.depth(queue);
  }

  async purge(queues: readonly string[]): Promise<void> {
    await this.#behind.purge?.(queues);
    for (const queue of queues) this.#conveyors.end(queue);
    await this.#purgeInRay(queues);
  }

  async close(request: CloseRequest): Promise<CloseReport> {
    const report = this.#behind.close(request);
    this.#report ??= report.then(async (told) => {
      await this.#letGo();
      return told;
    });
    return this.#report;
  }

  /** What a ledger keeps need not lie in Ray any longer; what nothing else keeps stays there. */
  async #letGo(): Promise<void> {
    const { keeper, replays, outlives } = this.#options;
    const { queues } = this.#conveyors;
    for (const queue of queues) this.#conveyors.end(queue);
    try {
      if (replays && outlives) await this.#purgeInRay(queues);
    } finally {
      await keeper.close();
    }
  }

  async #purgeInRay(queues: readonly string[]): Promise<void> {
    const { keeper, timings } = this.#options;
    const bridge = await keeper.get();
    const head = { queues: queues.map((queue) => this.#conveyors.nameInRay(queue)) };
    await bridge.call({ op: 'queue.purge', head, deadlineMs: timings.openMs });
  }

  /** The conveyor of a queue, which comes with the queue. @throws `ShuttingDown` (as a rejection) once closed. */
  async #conveyor(queue: string): Promise<Conveyor> {
    await this.#behind.depth(queue);
    const conveyor = this.#conveyors.of(queue);
    void conveyor.opened();
    return conveyor;
  }

  async #busily<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work();
    } finally {
      this.#busy -= 1;
    }
  }
}
