import type { Broker, PublishOutcome } from '../../brokers/contract.js';
import { type Clock, sleep } from '../../core/clock.js';
import { isConclaveError } from '../../core/errors.js';
import type { Envelope } from '../../core/message.js';

export interface PublishLineOptions {
  readonly broker: Broker;
  readonly queue: string;
  readonly clock: Clock;
  /** Nothing is repeated any more once it has aborted. */
  readonly closing: AbortSignal;
}

/** What the broker has said of messages that were published together. */
export interface Said {
  readonly outcomes: readonly PublishOutcome[];
  /** It was asked more than once: of a message with its caller's own id nobody can tell whose a duplicate is. */
  readonly isRepeated: boolean;
}

/** Some messages on their way. */
export interface PublishCall {
  /** What the broker said at once; undefined as soon as it is known that it must be asked again. */
  readonly first: Promise<Said | undefined>;
  /** What the broker said in the end. Rejects with what it threw last. */
  readonly said: Promise<Said>;
}

/** Messages that wait, or are being published. */
interface Waiting {
  /** Called once, when it is their turn. */
  readonly take: () => readonly Envelope[];
  /** Until then an unknown outcome is asked for again. */
  readonly untilMs: () => number;
  /** It takes longer. */
  readonly delay: () => void;
  readonly settle: (said: Said) => void;
  readonly fail: (error: unknown) => void;
}

const PAUSE_MS_MIN = 20;
const PAUSE_MS_MAX = 500;

/**
 * One publish of a producer at a time, in the order of their numbers. One whose outcome is unknown is published again,
 * with the same identities, before the next goes out: a broker knows a producer's messages by the largest number it has
 * seen, and would take what comes late for what it has.
 */
export class PublishLine {
  readonly #options: PublishLineOptions;
  readonly #waiting = new Set<Waiting>();
  #last: Promise<void> = Promise.resolve();
  #trouble: unknown;

  constructor(options: PublishLineOptions) {
    this.#options = options;
  }

  /** What the broker said last, while what it was asked has to be repeated; undefined while all is well. */
  get trouble(): unknown {
    return this.#trouble;
  }

  /** Resolves once what was sent so far has its outcome, or is given up. */
  get settled(): Promise<void> {
    return this.#last;
  }

  /** Sends what `take` answers when its turn has come, and repeats it until that time of the clock, should it be unknown. */
  send(take: () => readonly Envelope[], untilMs: () => number): PublishCall {
    let [delay, settle, fail]: [() => void, Waiting['settle'], Waiting['fail']] = [nothing, nothing, nothing];
    const said = new Promise<Said>((resolve, reject) => {
      settle = resolve;
      fail = reject;
    });
    const delayed = new Promise<undefined>((resolve) => {
      delay = () => resolve(undefined);
    });
    const waiting: Waiting = { take, untilMs, delay, settle, fail };
    const first = Promise.race([said, delayed]);
    for (const promise of [said, first]) promise.catch(nothing); // whoever waits for it hears of it
    this.#waiting.add(waiting);
    this.#last = this.#last.then(() => this.#run(waiting));
    return { first, said };
  }

  async #run(waiting: Waiting): Promise<void> {
    const { broker, queue, clock, closing } = this.#options;
    const envelopes = waiting.take();
    let isRepeated = false;
    for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
      try {
        const outcomes = await broker.publish(queue, envelopes);
        this.#end(waiting, () => waiting.settle({ outcomes, isRepeated }));
        return;
      } catch (error) {
        const leftMs = waiting.untilMs() - clock.nowMs();
        if (!isUnknown(error) || leftMs <= 0 || closing.aborted) {
          this.#end(waiting, () => waiting.fail(error));
          return;
        }
        this.#trouble = error;
        isRepeated = true;
        for (const { delay } of this.#waiting) delay();
        await sleep(clock, Math.min(pauseMs, leftMs), closing);
      }
    }
  }

  #end(waiting: Waiting, tell: () => void): void {
    this.#trouble = undefined;
    this.#waiting.delete(waiting);
    tell();
  }
}

/** Whether a call may have done its work all the same. */
export function isUnknown(error: unknown): boolean {
  return isConclaveError(error, 'BrokerUnavailable') || isConclaveError(error, 'Timeout');
}

function nothing(): void {}
