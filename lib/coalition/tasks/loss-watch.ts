import type { Broker, DeadLetter } from '../../brokers/contract.js';
import { ConclaveError } from '../../core/errors.js';
import type { HeardAnswer } from './answer-desk.js';
import { isUnknown } from './publish-line.js';

export interface LossWatchOptions {
  readonly broker: Broker;
  readonly queue: string;
  /** This producer's session. */
  readonly producer: string;
  readonly onLost: (answers: readonly HeardAnswer[]) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Looks, once a broker that delivers at most once answers again, for tasks of ours that it has lost meanwhile: whoever
 * waits for one would wait for ever.
 */
export class LossWatch {
  readonly #options: LossWatchOptions;
  readonly #isNeeded: boolean;
  #isDue = false;

  constructor(options: LossWatchOptions) {
    this.#options = options;
    this.#isNeeded = options.broker.capabilities.delivery === 'at-most-once';
  }

  /** The broker failed. */
  failed(error: unknown): void {
    if (isUnknown(error)) this.#isDue = this.#isNeeded;
  }

  /** The broker answers. */
  async answered(): Promise<void> {
    if (!this.#isDue) return;
    this.#isDue = false;
    const { broker, queue, producer, onLost, onError } = this.#options;
    try {
      const letters = await broker.deadLetters(queue);
      onLost(letters.filter(({ envelope }) => envelope.producer === producer).map(lost));
    } catch (error) {
      this.#isDue = true;
      onError(error);
    }
  }
}

function lost({ id, envelope, reason }: DeadLetter): HeardAnswer {
  const { seq, agent } = envelope;
  const error = new ConclaveError(
    'BrokerUnavailable',
    `Task ${id} ("${agent}") was lost with its queue: ${reason}. Use a broker that delivers at least once, or submit it again.`,
  );
  return { id, outcome: { seq, agent, state: 'failed', error } };
}
