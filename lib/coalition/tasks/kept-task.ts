import type { AnswerShelf, Broker } from '../../brokers/contract.js';
import { unlessAborted } from '../../core/abort.js';
import { type Clock, sleep } from '../../core/clock.js';
import { ConclaveError } from '../../core/errors.js';
import type { MessageId } from '../../core/message.js';
import { decode } from '../../core/value.js';
import { decodeOutcome, type Outcome } from './outcome.js';
import { parseResult } from './submitted-task.js';
import type { ResultOptions, Task, TaskState } from './task.js';

/** Where answers are kept, and on what terms they are asked for. */
export interface KeptTasks {
  readonly shelf: AnswerShelf;
  /** What messages call the broker. */
  readonly broker: string;
  readonly durable: boolean;
  readonly clock: Clock;
}

/** Where the broker keeps answers, if they outlive this process there; undefined where they do not. */
export function keptTasksOf(broker: Broker, clock: Clock): KeptTasks | undefined {
  const { durable, shared } = broker.capabilities;
  const shelf = durable || shared ? broker.answers : undefined;
  return shelf && { shelf, broker: broker.name, durable, clock };
}

/** How long one waits who does not say so: nobody knows whether there ever was such a task. */
const WAIT_MS = 30_000;
const PAUSE_MS_MIN = 10;
const PAUSE_MS_MAX = 500;

/** A task that another process submitted, or an earlier one: all that is known of it is the answer that the broker keeps. */
export class KeptTask implements Task {
  readonly id: MessageId;
  readonly #agent: string;
  readonly #tasks: KeptTasks;
  #outcome: Outcome | undefined;

  /** `agent` may be '', where nobody knows it before there is an answer. */
  constructor(id: MessageId, agent: string, tasks: KeptTasks) {
    this.id = id;
    this.#agent = agent;
    this.#tasks = tasks;
  }

  get agent(): string {
    return this.#outcome?.agent ?? this.#agent;
  }

  get durable(): boolean {
    return this.#tasks.durable;
  }

  get state(): TaskState {
    return this.#outcome?.state ?? 'waiting';
  }

  get attempt(): number {
    return 1;
  }

  /** Nobody here waits for it, but those who hold this. */
  get isPending(): boolean {
    return false;
  }

  async result(options: ResultOptions = {}): Promise<unknown> {
    const { timeoutMs = WAIT_MS, signal } = parseResult(options);
    this.#outcome ??= await this.find(timeoutMs, signal);
    if (this.#outcome.state === 'completed') return decode(this.#outcome.value);
    throw this.#outcome.error;
  }

  /** It is another's to cancel. */
  cancel(): boolean {
    return false;
  }

  /**
   * The answer, once it is there. Asks again and again, less and less often: a broker that cannot be reached may be back in time.
   * @throws `Timeout`, `BrokerUnavailable`, the signal's reason.
   */
  async find(timeoutMs: number, signal: AbortSignal | undefined): Promise<Outcome> {
    const { shelf, clock } = this.#tasks;
    const untilMs = clock.nowMs() + timeoutMs;
    let unreachable: unknown;
    for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
      signal?.throwIfAborted();
      const asked = shelf.find(this.id).catch((error: unknown) => {
        unreachable = error;
        return undefined;
      });
      const answer = await unlessAborted(asked, signal);
      if (answer !== undefined) return decodeOutcome(answer.outcome);
      const leftMs = untilMs - clock.nowMs();
      if (leftMs <= 0) throw unreachable ?? this.#unknown(timeoutMs);
      await sleep(clock, Math.min(pauseMs, leftMs), signal);
    }
  }

  #unknown(timeoutMs: number): ConclaveError {
    return new ConclaveError(
      'Timeout',
      `${this.#tasks.broker} had no answer to task ${this.id} after ${timeoutMs} ms: it is not done yet, its answer ` +
        'was kept for resultTtlMs and is gone, or there never was a task of that id. Ask again with a longer timeoutMs.',
    );
  }
}
