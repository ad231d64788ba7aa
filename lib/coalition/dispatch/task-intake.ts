import { type BrokerEvent, brokerChart } from '../../../actors/broker.js';
import type { Broker, Delivery } from '../../brokers/contract.js';
import type { Limits } from '../../core/limits.js';
import type { ActorSystem } from '../../system/system.js';

/** Wait before a broker that could not be reached is asked again. */
const RETRY_MS = 200;

export interface TaskIntakeOptions {
  readonly system: ActorSystem;
  readonly broker: Broker;
  readonly queue: string;
  /** The session under which deliveries are held. */
  readonly session: string;
  readonly limits: Limits;
  /** Waiting that counts as one step of priority; undefined: priority alone decides. */
  readonly ageingMs: number | undefined;
  /** Whose tasks alone it takes, where others have theirs in the same queue; undefined: all that there are. */
  readonly agents: readonly string[] | undefined;
  /** Takes deliveries, and answers how many more there is room for. */
  readonly accept: (deliveries: readonly Delivery[]) => number;
  readonly onError: (error: unknown) => void;
}

/** The shell of the broker chart: receives tasks as the chart says and hands them to the dispatcher. */
export class TaskIntake {
  readonly #options: TaskIntakeOptions;
  readonly #actor;
  /** Calls off the receive that is out. */
  #calling = new AbortController();
  #hasLeft = false;

  constructor(options: TaskIntakeOptions) {
    this.#options = options;
    const chart = brokerChart.provide({
      actions: {
        receive: (_, { max }) => void this.#receive(max),
        callOff: () => this.#calling.abort(),
        leave: () => {
          this.#hasLeft = true;
        },
      },
    });
    this.#actor = options.system.spawn(chart, {
      id: 'broker',
      input: { retryMs: RETRY_MS },
      restart: 'transient',
      stopEvent: { type: 'stop' },
    });
  }

  /** Tells the chart; a receive that was under way when it left has nobody to be told to. */
  tell(event: BrokerEvent): void {
    if (!this.#hasLeft) this.#actor.send(event);
  }

  async #receive(max: number): Promise<void> {
    const { broker, queue, session, limits, ageingMs, agents, accept, onError } = this.#options;
    this.#calling = new AbortController();
    const { signal } = this.#calling;
    try {
      const { receiveWaitMs: waitMs, leaseMs } = limits;
      const request = { consumer: session, max, waitMs, leaseMs, ageingMs, agents, signal };
      const deliveries = await broker.receive(queue, request);
      const demand = accept(deliveries);
      this.tell({ type: 'received', count: deliveries.length, demand });
    } catch (error) {
      onError(error);
      this.tell({ type: 'failed', reason: String(error) });
    }
  }
}
