import type { Broker } from '../../brokers/contract.js';
import type { Limits } from '../../core/limits.js';
import type { ActorSystem } from '../../system/system.js';
import type { HeardAnswer } from './answer-desk.js';
import { AnswerFeed } from './answer-feed.js';
import { LossWatch } from './loss-watch.js';

export interface ElsewhereOptions {
  readonly system: ActorSystem;
  readonly broker: Broker;
  /** The queue of tasks. */
  readonly queue: string;
  readonly session: string;
  readonly limits: Limits;
  /** How many tasks wait for an answer now. */
  readonly open: () => number;
  /** Hears how tasks of this session ended that no worker of this coalition has settled. */
  readonly onAnswers: (answers: readonly HeardAnswer[]) => void;
  readonly onError: (error: unknown) => void;
}

/** What becomes of our tasks elsewhere: other pools of a shared broker answer them, one that delivers at most once loses them. */
export class Elsewhere {
  readonly #feed: AnswerFeed | undefined;
  readonly #losses: LossWatch;

  constructor(options: ElsewhereOptions) {
    const { broker, queue, session, onAnswers, onError } = options;
    const shelf = broker.capabilities.shared ? broker.answers : undefined;
    this.#feed = shelf && new AnswerFeed({ ...options, shelf });
    this.#losses = new LossWatch({ broker, queue, producer: session, onLost: onAnswers, onError });
  }

  /** Somebody waits for an answer. */
  want(): void {
    this.#feed?.want();
  }

  /** The broker failed. */
  failed(error: unknown): void {
    this.#losses.failed(error);
  }

  /** The broker answers, perhaps again. */
  answered(): void {
    void this.#losses.answered();
  }

  /** Resolves once nothing is heard any more. */
  async close(): Promise<void> {
    await this.#feed?.close();
  }
}
