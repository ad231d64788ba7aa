import type { Clock } from '../../core/clock.js';
import { RayFault } from '../../ray/errors.js';
import type { Held } from '../held.js';
import type { MemoryQueue } from '../memory-queue.js';
import { isItem, itemName } from './item.js';
import type { QueueLink } from './queue-link.js';
import type { StagedDeliveries } from './staged-deliveries.js';

const FRAME_MESSAGES_MAX = 2_000;
const FRAME_BYTES_MAX = 1_024 * 1_024;
/** What is brought ahead, by what the last receiver asked for: a call costs the same whatever its size. */
const AHEAD_FACTOR = 8;
/** Two, so that one is under way in Ray while the answer to the other is read here. */
const UNDER_WAY_MAX = 2;

/** What messages are brought to, and for whom. */
export interface GetFlowOptions {
  readonly stage: StagedDeliveries;
  readonly queue: MemoryQueue;
  readonly clock: Clock;
  readonly session: string;
  readonly onFault: (link: QueueLink, error: unknown) => void;
}

/**
 * Gets as many messages from a Ray queue as receivers ask for, and some more, so that the
 * next need not wait.
 */
export class GetFlow {
  readonly #options: GetFlowOptions;
  #watchers: (() => void)[] = [];
  #link: QueueLink | undefined;
  #underWay = 0;
  #wanted = 0;
  #ahead = 0;

  constructor(options: GetFlowOptions) {
    this.#options = options;
  }

  /** Whether nothing is under way, and nothing has to be. */
  get isIdle(): boolean {
    return this.#underWay === 0 && (this.#shortBy() <= 0 || this.#link === undefined);
  }

  /** From now on through this link. */
  start(link: QueueLink): void {
    this.#link = link;
    this.pull();
  }

  /** The link is no more. */
  stop(): void {
    this.#link = undefined;
    this.#underWay = 0;
    this.#changed();
  }

  /** Sees to it that so many more are brought, for as long as `use` takes. */
  async wanting<T>(count: number, use: () => Promise<T>): Promise<T> {
    this.#wanted += count;
    this.#ahead = Math.min(AHEAD_FACTOR * count, FRAME_MESSAGES_MAX);
    this.pull();
    try {
      return await use();
    } finally {
      this.#wanted -= count;
    }
  }

  /** Resolves when messages have come, have been put, or will not come. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  /** Asks for what is short. */
  pull(): void {
    const link = this.#link;
    while (link !== undefined && this.#underWay < UNDER_WAY_MAX) {
      const count = Math.min(FRAME_MESSAGES_MAX, this.#shortBy());
      const asked = count <= 0 ? [] : this.#options.stage.ask(count, FRAME_BYTES_MAX);
      if (asked.length === 0) return;
      this.#underWay += 1;
      link.get(asked.length).then(
        (items) => this.#arrived(link, asked, items),
        (error) => this.#options.onFault(link, error),
      );
    }
  }

  #shortBy(): number {
    const { stage } = this.#options;
    if (stage.isMixed && this.#wanted > 0) return stage.stored;
    return Math.min(stage.stored, this.#wanted + this.#ahead - stage.arrived - stage.asked);
  }

  #arrived(link: QueueLink, asked: readonly Held[], items: readonly Buffer[]): void {
    if (link !== this.#link) return; // an answer of a queue that has been given up
    const { stage, queue, clock, session, onFault } = this.#options;
    if (!areThese(items, asked, session)) {
      onFault(link, foreign(asked.length));
      return;
    }
    this.#underWay -= 1;
    stage.arrive(asked.length, clock.nowMs());
    queue.catchUp();
    this.pull();
    this.#changed();
  }

  #changed(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }
}

function areThese(items: readonly Buffer[], asked: readonly Held[], session: string): boolean {
  if (items.length !== asked.length) return false;
  return asked.every(({ seq }, at) => {
    const item = items[at];
    return item !== undefined && isItem(item, itemName(seq, session));
  });
}

function foreign(count: number): RayFault {
  const text = `Of ${count} messages asked of a Ray queue others came than were put: somebody else uses the queue.`;
  return new RayFault('failed', `${text} One broker at a time may own it: give each a tenant of its own.`);
}
