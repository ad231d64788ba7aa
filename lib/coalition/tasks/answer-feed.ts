import { type ReaderEvent, readerChart } from '../../../actors/reader.js';
import type { AnswerShelf } from '../../brokers/contract.js';
import type { Limits } from '../../core/limits.js';
import type { ActorSystem } from '../../system/system.js';
import type { HeardAnswer } from './answer-desk.js';
import { decodeOutcome } from './outcome.js';

const RETRY_MS = 100;
const RETRY_MS_MAX = 2_000;
const PAGE_MAX = 256;

export interface AnswerFeedOptions {
  readonly system: ActorSystem;
  readonly shelf: AnswerShelf;
  /** Whose answers they are. */
  readonly session: string;
  readonly limits: Limits;
  /** How many tasks wait for an answer now. */
  readonly open: () => number;
  readonly onAnswers: (answers: readonly HeardAnswer[]) => void;
  readonly onError: (error: unknown) => void;
}

/** The shell of the reader chart: hands over what other pools have answered to tasks of this coalition's. */
export class AnswerFeed {
  readonly #options: AnswerFeedOptions;
  readonly #actor;
  /** Calls off the read that is out. */
  #calling = new AbortController();
  #cursor = '';
  #hasLeft = false;

  constructor(options: AnswerFeedOptions) {
    this.#options = options;
    const chart = readerChart.provide({
      actions: {
        read: () => void this.#read(),
        callOff: () => this.#calling.abort(),
        leave: () => {
          this.#hasLeft = true;
        },
      },
    });
    this.#actor = options.system.spawn(chart, {
      id: 'reader',
      input: { retryMs: RETRY_MS, retryMsMax: RETRY_MS_MAX },
      restart: 'transient',
      stopEvent: { type: 'stop' },
    });
  }

  /** Somebody waits for an answer. */
  want(): void {
    this.#tell({ type: 'wanted' });
  }

  /** Resolves once nothing is read any more. */
  async close(): Promise<void> {
    this.#tell({ type: 'stop' });
    await this.#actor.exited;
  }

  async #read(): Promise<void> {
    const { shelf, session, limits, open, onAnswers, onError } = this.#options;
    this.#calling = new AbortController();
    const { signal } = this.#calling;
    try {
      const request = { cursor: this.#cursor, max: PAGE_MAX, waitMs: limits.receiveWaitMs, signal };
      const { answers, cursor } = await shelf.read(session, request);
      this.#cursor = cursor;
      onAnswers(answers.flatMap(({ id, outcome }) => this.#heard(id, outcome)));
      this.#tell({ type: 'read', open: open() });
    } catch (error) {
      onError(error);
      this.#tell({ type: 'failed', reason: String(error) });
    }
  }

  /** One that cannot be read is told of, and holds up none of the others. */
  #heard(id: HeardAnswer['id'], outcome: Parameters<typeof decodeOutcome>[0]): HeardAnswer[] {
    try {
      return [{ id, outcome: decodeOutcome(outcome) }];
    } catch (error) {
      this.#options.onError(error);
      return [];
    }
  }

  #tell(event: ReaderEvent): void {
    if (!this.#hasLeft) this.#actor.send(event);
  }
}
