import type { Broker } from '../../brokers/contract.js';
import type { Limits } from '../../core/limits.js';
import type { AgentPlan } from '../agent-plan.js';
import type { Draft } from '../tasks/publisher.js';
import type { DraftOptions } from '../tasks/submit-options.js';

/** Bytes of a chunk at most, but for one of few large tasks: larger frames hold up what comes behind them. */
const CHUNK_BYTES = 2 ** 17;

/** A queue that holds less could be full of what is under way, with no room for a task that goes on by itself. */
const QUEUE_DEPTH_MIN = 10_000;
const QUEUE_BYTES_MIN = 64 * CHUNK_BYTES;
/** Where fewer results are kept, each is kept by itself. */
const RESULTS_MIN = 10_000;

/**
 * Whether tasks of that agent may share a message: one that is timed, limited or ordered is looked at by itself, the
 * answers of a shared broker go by message, and what outlives its process is to be taken up by whoever comes next.
 */
export function mayBeInChunks(
  { limit, concurrency, timeoutMs }: AgentPlan,
  { orderingKey, delayMs, id, tries }: DraftOptions & Pick<Draft, 'id'>,
  { capabilities }: Broker,
  { queueDepthMax, queueBytesMax, resultsMax }: Limits,
): boolean {
  const isPlain = [limit, concurrency, timeoutMs, orderingKey, delayMs, id, tries?.timeoutMs].every(
    (asked) => asked === undefined,
  );
  const { shared, durable, delivery } = capabilities;
  const isOfOneProcess = !shared && !durable && delivery === 'at-least-once';
  const isRoomy =
    queueDepthMax >= QUEUE_DEPTH_MIN && queueBytesMax >= QUEUE_BYTES_MIN && resultsMax >= RESULTS_MIN;
  return isPlain && isOfOneProcess && isRoomy;
}

/** What is known of how long tasks take. */
export interface ChunkMeasure {
  /** How many tasks a message should carry, of so many that wait; 1: one each. */
  readonly size: (waiting: number) => number;
  /** Whether that is known; always where tasks are looked at one by one. */
  readonly isMeasured: () => boolean;
  /** Resolves at the next report of such tasks, after so long, or when the signal aborts. */
  readonly nextReport: (waitMs: number, signal: AbortSignal) => Promise<unknown>;
}

/** Some payloads in a row. */
export interface ChunkPart {
  readonly payloads: readonly unknown[];
  /** The draft of all of them; undefined where each is to be looked at by itself. */
  readonly draft: Draft | undefined;
}

export interface ChunkMakerOptions extends ChunkMeasure {
  /** The draft of a chunk; undefined where one of its tasks must be looked at by itself. */
  readonly draft: (payloads: readonly unknown[]) => Draft | undefined;
}

/**
 * While nobody knows how long tasks take, so many are sent at first, and so many times as many after each report, or
 * after so long without one: first reports are of workers that are not warm yet.
 */
const FIRST_TASKS = 64;
const GROWTH = 4;
const REPORT_MS = 20;

/** Takes payloads together as long as tasks are short and small. */
export class ChunkMaker {
  readonly #options: ChunkMakerOptions;
  #taskBytes = 1;
  /** Tasks to be sent next, at most. */
  #next: number | undefined;

  constructor(options: ChunkMakerOptions) {
    this.#options = options;
  }

  /** How many of so many tasks to send now: all, or a few that tell how long they take. */
  firstOf(room: number): number {
    this.#next ??= this.#options.isMeasured() ? Number.POSITIVE_INFINITY : FIRST_TASKS;
    return Math.min(room, this.#next);
  }

  /** After tasks were sent: waits, but not long, while it is not known well how long they take. */
  async settle(room: number, signal: AbortSignal): Promise<void> {
    if (this.#next === undefined || this.#next >= room) return;
    await this.#options.nextReport(REPORT_MS, signal);
    this.#next *= GROWTH;
  }

  /** The payloads in order: those that go together with their draft, without one those to be looked at one by one. */
  *parts(payloads: readonly unknown[]): IterableIterator<ChunkPart> {
    const size = this.sizeOf(payloads.length);
    if (size === 1) {
      yield { payloads, draft: undefined };
      return;
    }
    for (let at = 0; at < payloads.length; at += size) {
      const together = payloads.slice(at, at + size);
      yield { payloads: together, draft: together.length > 1 ? this.draft(together) : undefined };
    }
  }

  /** How many payloads should go together, of so many that wait; 1: each by itself. */
  sizeOf(waiting: number): number {
    return Math.max(1, Math.min(this.#options.size(waiting), Math.floor(CHUNK_BYTES / this.#taskBytes)));
  }

  /** The draft of these; undefined where each must be looked at by itself. */
  draft(payloads: readonly unknown[]): Draft | undefined {
    const draft = this.#options.draft(payloads);
    if (draft === undefined) return undefined;
    this.#taskBytes = Math.max(1, draft.payload.length / payloads.length);
    return draft.payload.length > CHUNK_BYTES ? undefined : draft;
  }
}
