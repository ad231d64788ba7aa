import { untilAborted } from '../../core/abort.js';
import type { Clock, Timer } from '../../core/clock.js';
import { ConclaveError, messageOf } from '../../core/errors.js';
import { RayFault } from '../../ray/errors.js';
import type { ReceiveRequest } from '../contract.js';
import type { MemoryQueue } from '../memory-queue.js';
import type { BridgeKeeper } from './bridge-keeper.js';
import { GetFlow } from './get-flow.js';
import { discarded, takeLeftovers } from './leftovers.js';
import { PutFlow } from './put-flow.js';
import { QueueLink, type RayQueueName } from './queue-link.js';
import type { StagedDeliveries } from './staged-deliveries.js';
import type { RayTimings } from './timings.js';

/** What a conveyor works with. */
export interface ConveyorOptions extends RayQueueName {
  readonly stage: StagedDeliveries;
  readonly queue: MemoryQueue;
  readonly keeper: BridgeKeeper;
  readonly clock: Clock;
  readonly timings: RayTimings;
  /** Names what this broker has put. */
  readonly session: string;
  /** Whether what Ray has lost is put again, because the broker keeps it durably; otherwise it is a dead letter. */
  readonly replays: boolean;
  /** Whether the queue outlives its bridge, so that it may hold messages of before. */
  readonly outlives: boolean;
  /** Called when messages have become dead letters. */
  readonly onLoss: () => void;
}

const LOST = "lost with the Ray queue's actor; no ledger";

/** Messages of before that are taken out of a queue; with more of them another queue is made, which is quicker. */
const DISCARDED_MAX = 1_000;

/**
 * Carries the messages of one queue through Ray. When the queue there is lost it says so, once to a receiver, and
 * makes another one for what has to be put again and for what comes.
 */
export class Conveyor {
  readonly #options: ConveyorOptions;
  readonly #putting: PutFlow;
  readonly #getting: GetFlow;
  #link: QueueLink | undefined;
  #opening: Promise<void> | undefined;
  /** Why there is no link; undefined before the first one. */
  #down: ConclaveError | undefined;
  /** A loss that no receiver has been told of. */
  #unheard: ConclaveError | undefined;
  /** Whether the queue in Ray, should there be one, is not to be used any more. */
  #isSuspect = false;
  #turn: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #isEnded = false;

  constructor(options: ConveyorOptions) {
    this.#options = options;
    const onFault = (link: QueueLink, error: unknown) => this.#fail(link, error);
    this.#getting = new GetFlow({ ...options, onFault });
    this.#putting = new PutFlow(options.stage, options.session, () => this.#getting.pull(), onFault);
  }

  /** Whether there is nothing to carry, or no way. */
  get isIdle(): boolean {
    return this.#putting.isIdle && this.#getting.isIdle;
  }

  /** Resolves when the queue is there for the first time, or could not be made at once. */
  opened(): Promise<void> {
    this.#opening ??= this.#openOrRetry(this.#options.timings.retryMs);
    return this.#opening;
  }

  /** @throws `BrokerUnavailable` while there is no way. */
  assertUp(): void {
    if (this.#down !== undefined) throw this.#down;
  }

  /** Puts what was accepted into Ray. */
  put(): void {
    this.#putting.kick();
  }

  /** Likewise; resolves when it is there, rejects if that is not known. */
  async putThrough(): Promise<void> {
    this.#putting.kick();
    await this.#putting.through(this.#options.stage.latestSeq);
  }

  /**
   * Has what a receiver may get brought, and lets it receive; in turn, or as soon as it is called off.
   * @throws `BrokerUnavailable` or `Timeout` (as a rejection): once after a loss, and while there is nothing to give
   * and no way to what there is.
   */
  receive<T>(request: ReceiveRequest, receive: () => Promise<T>): Promise<T> {
    return this.#getting.wanting(request.max, async () => {
      const turn = this.#turn.then(() => this.#bring(request));
      this.#turn = turn.catch(() => {});
      await untilAborted(turn, request.signal);
      return receive();
    });
  }

  /** Lets go of the queue, which stays. */
  end(): void {
    this.#isEnded = true;
    this.#timer?.cancel();
    this.#link = undefined;
    this.#putting.stop(ended(this.#options.name));
    this.#getting.stop();
  }

  async #bring({ max, signal }: ReceiveRequest): Promise<void> {
    const { stage } = this.#options;
    this.#tellLoss(signal);
    while (!this.#isEnded && stage.onTheWay > 0 && (stage.isMixed || stage.arrived < max)) {
      if (this.#down !== undefined && stage.arrived === 0) throw this.#down;
      if (this.#down !== undefined || signal?.aborted === true) return;
      await untilAborted(this.#getting.change(), signal);
      this.#tellLoss(signal);
    }
  }

  /** One that was called off would not hear of it. */
  #tellLoss(signal: AbortSignal | undefined): void {
    if (signal?.aborted === true) return;
    const unheard = this.#unheard;
    this.#unheard = undefined;
    if (unheard !== undefined) throw unheard;
  }

  async #open(): Promise<void> {
    const { replays } = this.#options;
    const link = await this.#openLink();
    const own = replays ? new Set<number>() : await takeLeftovers(link, this.#options);
    if (this.#isEnded) return;
    this.#settleLoss(own);
    this.#down = undefined;
    this.#isSuspect = false;
    this.#link = link;
    this.#putting.start(link);
    this.#getting.start(link);
    this.#ping(link, link.calls);
  }

  /** What a ledger keeps is put again from there, so that a queue with something in it is of no use then. */
  async #openLink(): Promise<QueueLink> {
    const { keeper, timings, replays } = this.#options;
    const bridge = await keeper.get();
    const link = await QueueLink.open(bridge, this.#options, this.#isSuspect, timings);
    if (!replays || (link.size <= DISCARDED_MAX && (await discarded(link)))) return link;
    return QueueLink.open(bridge, this.#options, true, timings);
  }

  /** A link that has failed is given up, whatever its queue may still do: nothing calls that queue again. */
  #fail(link: QueueLink, error: unknown): void {
    if (link !== this.#link) return;
    this.#link = undefined;
    this.#timer?.cancel();
    const down = unavailable(this.#options.name, error);
    this.#down = down;
    const isBridgeGone = error instanceof RayFault && error.kind === 'gone';
    this.#isSuspect ||= !isBridgeGone;
    if (!isBridgeGone || !this.#options.outlives) this.#settleLoss(new Set());
    this.#putting.stop(down);
    this.#getting.stop();
    this.#retry(this.#options.timings.retryMs);
  }

  #settleLoss(survivors: ReadonlySet<number>): void {
    const { stage, queue, clock, replays, onLoss } = this.#options;
    const lost = replays ? stage.recall() : stage.lose(survivors, clock.nowMs());
    if (lost.length === 0) return;
    this.#unheard = this.#down;
    queue.lose(lost, LOST);
    onLoss();
  }

  async #openOrRetry(delayMs: number): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      this.#down = unavailable(this.#options.name, error);
      this.#retry(delayMs);
    }
  }

  #retry(delayMs: number): void {
    if (this.#isEnded) return;
    const { clock, timings } = this.#options;
    const laterMs = Math.min(2 * delayMs, timings.retryMsMax);
    this.#timer = clock.setTimer(() => void this.#openOrRetry(laterMs), delayMs, { background: true });
  }

  /** A queue that has died while nobody called it is noticed by asking. */
  #ping(link: QueueLink, calls: number): void {
    const { clock, timings } = this.#options;
    const look = () => {
      if (link !== this.#link) return;
      if (link.calls === calls) link.ping().catch((error) => this.#fail(link, error));
      this.#ping(link, link.calls);
    };
    this.#timer = clock.setTimer(look, timings.pingMs, { background: true });
  }
}

function unavailable(name: string, error: unknown): ConclaveError {
  const text = `The Ray queue ${name} is lost: ${messageOf(error)} Another one is being made.`;
  return new ConclaveError('BrokerUnavailable', text, { cause: error });
}

function ended(name: string): ConclaveError {
  return new ConclaveError(
    'ShuttingDown',
    `The Ray queue ${name} was let go of while messages were put into it.`,
  );
}
