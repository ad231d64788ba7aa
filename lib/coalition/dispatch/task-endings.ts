import type { BrokerEvent } from '../../../actors/broker.js';
import type { Delivery } from '../../brokers/contract.js';
import type { OnceLedger } from './once-ledger.js';
import type { Received } from './received.js';
import type { SettledOutcomes } from './settled-outcomes.js';
import { type ChunkAnswer, type Failure, Settlement, type SettlementOptions } from './settlement.js';
import type { WorkerRemains } from './worker-remains.js';

export interface TaskEndingsOptions extends Omit<SettlementOptions, 'onBuried'> {
  readonly ledger: OnceLedger;
  /** Tells the broker actor. */
  readonly tell: (event: BrokerEvent) => void;
  /** How many more deliveries there is room for now. */
  readonly demand: () => number;
}

/**
 * What the dispatcher holds no longer: settled with the broker, forgotten by the ledger if for good, and told to the
 * broker actor. Nothing here rejects: a broker that fails is told of, and the lease brings the task back.
 */
export class TaskEndings {
  readonly #options: TaskEndingsOptions;
  readonly #settlement: Settlement;

  constructor(options: TaskEndingsOptions) {
    this.#options = options;
    const onBuried = (delivery: Delivery) => options.ledger.forget(delivery);
    this.#settlement = new Settlement({ ...options, onBuried });
  }

  /** Settles what a worker reported. */
  async finish({ answers, failures, unwanted }: SettledOutcomes): Promise<void> {
    for (const { delivery } of answers) this.#options.ledger.forget(delivery);
    await this.#settlement.answer(answers);
    await this.#settlement.refuse(failures, 'failure');
    await this.#settleUnseen(unwanted);
    this.#tellSettled(answers.length + failures.length + unwanted.length);
  }

  /** How long a task that has failed waits for its next try; undefined: there is none. */
  retryDelayMs(failure: Failure): number | undefined {
    return this.#settlement.retryDelayMs(failure);
  }

  /** Hands over what tasks of a chunk have answered. @throws what stood in the way. */
  answerChunk(answer: ChunkAnswer): Promise<void> {
    return this.#settlement.answerChunk(answer);
  }

  /** Settles what came from the broker and need not run. */
  async finishReceived({ failed, crashed, unwanted }: Omit<Received, 'wanted' | 'suspects'>): Promise<void> {
    await this.#settlement.refuse(failed, 'failure');
    await this.#settlement.refuse(crashed, 'crash');
    await this.#settleUnseen(unwanted);
    this.#tellSettled(failed.length + crashed.length + unwanted.length);
  }

  /** So many deliveries are held no longer, though they are not settled. */
  letGo(count: number): void {
    this.#tellSettled(count);
  }

  /** Something failed that no caller waits for. */
  tellError(error: unknown): void {
    this.#options.onError(error);
  }

  /** Settles what a worker that is gone is to blame for, or leaves behind unwanted. */
  async finishRemains({ overdue, crashed, unwanted }: WorkerRemains): Promise<void> {
    await this.#settlement.refuse(overdue, 'failure');
    await this.#settlement.refuse(crashed, 'crash');
    await this.#settleUnseen(unwanted);
    this.#tellSettled(overdue.length + crashed.length + unwanted.length);
  }

  /** Acknowledges unseen what nobody wants. */
  async drop(deliveries: readonly Delivery[]): Promise<void> {
    await this.#settleUnseen(deliveries);
    this.#tellSettled(deliveries.length);
  }

  /** Gives back what nobody is to blame for, at once, or each after its delay. */
  async giveBack(
    deliveries: readonly Delivery[],
    reason: string,
    delayMsOf?: (delivery: Delivery) => number,
  ): Promise<void> {
    await this.#settlement.giveBack(deliveries, reason, delayMsOf);
    this.#tellSettled(deliveries.length);
  }

  /** Renews the leases from now. */
  renew(deliveries: readonly Delivery[], leaseMs: number): Promise<void> {
    return this.#settlement.renew(deliveries, leaseMs);
  }

  /** The broker is not asked again from now on, should it not answer. */
  close(): void {
    this.#settlement.close();
  }

  async #settleUnseen(deliveries: readonly Delivery[]): Promise<void> {
    for (const delivery of deliveries) this.#options.ledger.forget(delivery);
    await this.#settlement.drop(deliveries);
  }

  #tellSettled(count: number): void {
    if (count > 0) this.#options.tell({ type: 'settled', count, demand: this.#options.demand() });
  }
}
