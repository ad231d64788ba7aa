import assert from 'node:assert';
import type {
  Acknowledgement,
  Broker,
  Delivery,
  Fault,
  Answer as KeptAnswer,
  Receipt,
  Refusal,
} from '../../brokers/contract.js';
import { type Backoff, backoffDelayMs } from '../../core/backoff.js';
import type { ClaimDraft } from '../../core/claim-draft.js';
import { type Clock, sleep } from '../../core/clock.js';
import { isConclaveError } from '../../core/errors.js';
import type { Span } from '../../core/frame.js';
import type { Limits } from '../../core/limits.js';
import type { Random } from '../../core/random.js';
import type { Encoded } from '../../core/value.js';
import type { AnswerColumn } from '../chunks/answer-column.js';
import { isUnknown } from '../tasks/publish-line.js';
import { blameless } from './blameless.js';

/** What becomes of tasks, in the order in which the dispatcher learns it. */
export interface TaskSink {
  /** The task answered. What this resolves to must be safe before the task is acknowledged. */
  answered(answers: readonly Answer[]): Promise<void>;
  /** Tasks of a chunk have answered; as `answered`. */
  chunkAnswered(answer: ChunkAnswer): Promise<void>;
  /** Why an answer cannot be kept, which is then the task's failure; undefined if it can. */
  refusalOf(answer: Answer): Error | undefined;
  /** What the broker is to keep of how a task ends for good, for those who ask it; undefined: nothing. */
  kept(ending: Answer | Failure): KeptAnswer | undefined;
  /** It failed and will be tried again. */
  retried(delivery: Delivery, error: Error, delayMs: number): void;
  /** It failed for good. */
  deadLettered(delivery: Delivery, error: Error): void;
}

/** One task's answer. */
export interface Answer {
  readonly delivery: Delivery;
  readonly value: Encoded;
  readonly claims: readonly ClaimDraft[];
}

/** What tasks of a chunk have answered. */
export interface ChunkAnswer {
  readonly delivery: Delivery;
  /** Which tasks have. */
  readonly spans: readonly Span[];
  /** What they have answered, in that order. */
  readonly answers: AnswerColumn;
  /** The same one by one, where one of them has claims. */
  readonly members: readonly Answer[] | undefined;
}

/** A delivery that was not answered, and why. */
export interface Failure {
  readonly delivery: Delivery;
  readonly error: Error;
}

/** How often a task is tried, and what it waits for between. */
export interface RetryPlan {
  /** Failures and crashes before it is a dead letter. */
  readonly attempts: number;
  readonly backoff: Backoff;
}

export interface SettlementOptions {
  readonly broker: Broker;
  readonly queue: string;
  /** How tasks of an agent are tried; a task that says so itself is tried its own way. */
  readonly retryOf: (agent: string) => RetryPlan;
  readonly sink: TaskSink;
  /** It is a dead letter: nothing more is heard of it. */
  readonly onBuried?: (delivery: Delivery) => void;
  /** The broker could not be reached; the deliveries concerned come back when their lease is over. */
  readonly onError: (error: unknown) => void;
  readonly random: Random;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'leaseMs'>;
}

const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 1_000;

/**
 * Settles deliveries with the broker, a batch at a time. While it cannot be reached, it is asked again as long as a
 * lease lasts: sooner nobody else gets them. What fails on the way is reported, never thrown.
 */
export class Settlement {
  readonly #options: SettlementOptions;
  readonly #closing = new AbortController();

  constructor(options: SettlementOptions) {
    this.#options = options;
  }

  /** Hands answers to the sink and acknowledges them, in that order. */
  answer(answers: readonly Answer[]): Promise<void> {
    return this.#guard(answers.length, async ({ broker, queue, sink }) => {
      const receipts = answers.map((answer) => receiptOf(answer.delivery, sink.kept(answer)));
      await this.#insist(() => sink.answered(answers));
      await this.#insist(() => broker.ack(queue, receipts));
    });
  }

  /** How long a task that has failed waits for its next try; undefined: there is none. */
  retryDelayMs(failure: Failure): number | undefined {
    const refusal = this.#refusalOf(failure, 'failure');
    return isLast(refusal, failure.delivery) ? undefined : refusal.delayMs;
  }

  /** Hands over what tasks of a chunk have answered. @throws what stood in the way. */
  async answerChunk(answer: ChunkAnswer): Promise<void> {
    const { sink } = this.#options;
    if (answer.members !== undefined) {
      const { members } = answer;
      if (members.length > 0) await this.#insist(() => sink.answered(members));
    } else if (answer.spans.length > 0) await this.#insist(() => sink.chunkAnswered(answer));
  }

  /**
   * Refuses failures: each is tried again after its backoff, or is a dead letter, and the sink hears which. A
   * payload that its agent does not take is a dead letter at once: it would be refused again.
   */
  refuse(failures: readonly Failure[], fault: Fault): Promise<void> {
    return this.#guard(failures.length, async ({ broker, queue, sink, onBuried }) => {
      const refusals = failures.map((failure) => this.#refusalOf(failure, fault));
      let isRepeated = false;
      const outcomes = await this.#insist(
        () => broker.nack(queue, refusals),
        () => {
          isRepeated = true;
        },
      );
      for (const [index, { delivery, error }] of failures.entries()) {
        const refusal = refusals[index];
        // Stale after a try without an answer: that one has counted, or another has the task and its end is for nobody.
        const isBuried =
          isRepeated && outcomes[index] === 'stale' && refusal !== undefined && isLast(refusal, delivery);
        if (isBuried || outcomes[index] === 'dead-lettered') {
          sink.deadLettered(delivery, error);
          onBuried?.(delivery);
        } else if (outcomes[index] === 'ok') sink.retried(delivery, error, refusal?.delayMs ?? 0);
      }
    });
  }

  /** Nothing is asked again from now on. */
  close(): void {
    this.#closing.abort();
  }

  /** Acknowledges unseen what nobody wants. */
  drop(deliveries: readonly Delivery[]): Promise<void> {
    return this.#guard(deliveries.length, async ({ broker, queue }) => {
      await this.#insist(() => broker.ack(queue, deliveries));
    });
  }

  /** Gives back what nobody is to blame for, to be given out again at once, or each after its delay. */
  giveBack(
    deliveries: readonly Delivery[],
    reason: string,
    delayMsOf: (delivery: Delivery) => number = () => 0,
  ): Promise<void> {
    return this.#guard(deliveries.length, async ({ broker, queue }) => {
      const refusals = deliveries.map((delivery) => blameless(delivery, reason, delayMsOf(delivery)));
      await this.#insist(() => broker.nack(queue, refusals));
    });
  }

  /** Renews the leases from now. */
  renew(receipts: readonly Receipt[], leaseMs: number): Promise<void> {
    return this.#guard(receipts.length, async ({ broker, queue }) => {
      await broker.extend(queue, receipts, leaseMs);
    });
  }

  async #guard(count: number, settle: (options: SettlementOptions) => Promise<void>): Promise<void> {
    if (count === 0) return;
    try {
      await settle(this.#options);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** Asks again while the broker cannot be reached and the lease may still be held; `onRepeat` hears of each time. */
  async #insist<T>(step: () => Promise<T>, onRepeat = () => {}): Promise<T> {
    const { clock, limits } = this.#options;
    const { signal } = this.#closing;
    const untilMs = clock.nowMs() + limits.leaseMs;
    for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
      try {
        return await step();
      } catch (error) {
        if (!isUnknown(error) || clock.nowMs() + pauseMs > untilMs || signal.aborted) throw error;
        await sleep(clock, pauseMs, signal);
        onRepeat();
      }
    }
  }

  #refusalOf(failure: Failure, fault: Fault): Refusal {
    const { delivery, error } = failure;
    const { agent, tries } = delivery.envelope;
    const plan = this.#options.retryOf(agent);
    const attempts = tries.attempts ?? plan.attempts;
    const backoff = tries.backoff ?? plan.backoff;
    const attempt = delivery.failures + delivery.crashes + 1;
    const delayMs = fault === 'crash' ? 0 : this.#delayMs(backoff, attempt);
    const attemptsMax = isConclaveError(error, 'InvalidPayload') ? 0 : attempts;
    const refusal: Refusal = { receipt: delivery, fault, delayMs, attemptsMax, reason: error.message };
    return isLast(refusal, delivery) ? { ...refusal, answer: this.#options.sink.kept(failure) } : refusal;
  }

  /** A backoff of the user's own that throws or answers no number is told of, and counts as none. */
  #delayMs(backoff: Backoff, attempt: number): number {
    const { random, onError } = this.#options;
    try {
      const delayMs = backoffDelayMs(backoff, attempt, random);
      assert(Number.isFinite(delayMs), `a backoff must be a number of milliseconds, not ${delayMs}`);
      return delayMs;
    } catch (error) {
      onError(error);
      return 0;
    }
  }
}

function receiptOf(delivery: Delivery, answer: KeptAnswer | undefined): Acknowledgement {
  return answer === undefined ? delivery : { seq: delivery.seq, token: delivery.token, answer };
}

/** Whether the broker makes a dead letter of it. */
function isLast({ fault, attemptsMax }: Refusal, { failures, crashes }: Delivery): boolean {
  return fault !== 'none' && failures + crashes + 1 >= attemptsMax;
}
