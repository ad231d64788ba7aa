import { Deque } from '../../core/deque.js';
import { encodeItem } from './item.js';
import type { QueueLink } from './queue-link.js';
import type { StagedDeliveries } from './staged-deliveries.js';

/* What goes into one frame, and how many are under way: the bridge merges what waits there into one call. */
const FRAME_MESSAGES_MAX = 2_000;
const FRAME_BYTES_MAX = 512 * 1_024;
const UNDER_WAY_MAX = 8;

/** Somebody who waits until Ray has everything up to a message. */
interface Waiter {
  readonly seq: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Puts what a queue has accepted into its Ray queue, in order. */
export class PutFlow {
  readonly #stage: StagedDeliveries;
  readonly #session: string;
  readonly #onStored: () => void;
  readonly #onFault: (link: QueueLink, error: unknown) => void;
  readonly #waiters = new Deque<Waiter>();
  #link: QueueLink | undefined;
  #underWay = 0;
  #storedSeq = 0;

  constructor(
    stage: StagedDeliveries,
    session: string,
    onStored: () => void,
    onFault: (link: QueueLink, error: unknown) => void,
  ) {
    this.#stage = stage;
    this.#session = session;
    this.#onStored = onStored;
    this.#onFault = onFault;
  }

  /** Whether there is nothing to put, and nothing under way. */
  get isIdle(): boolean {
    return this.#underWay === 0 && (this.#stage.unsent === 0 || this.#link === undefined);
  }

  /** From now on through this link. */
  start(link: QueueLink): void {
    this.#link = link;
    this.kick();
  }

  /** The link is no more; who waits hears why. */
  stop(error: unknown): void {
    this.#link = undefined;
    this.#underWay = 0;
    for (const { reject } of this.#waiters.takeFront(this.#waiters.length)) reject(error);
  }

  /** Resolves when Ray has everything up to that message; rejects when the link is lost before. */
  through(seq: number): Promise<void> {
    if (seq <= this.#storedSeq) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.pushBack({ seq, resolve, reject }));
  }

  /** Puts what is to be put. */
  kick(): void {
    const link = this.#link;
    while (link !== undefined && this.#underWay < UNDER_WAY_MAX) {
      const messages = this.#stage.send(FRAME_MESSAGES_MAX, FRAME_BYTES_MAX);
      const last = messages.at(-1);
      if (last === undefined) return;
      this.#underWay += 1;
      const items = messages.map(({ seq, envelope }) => encodeItem(seq, this.#session, envelope));
      link.put(items).then(
        () => this.#stored(link, messages.length, last.seq),
        (error) => this.#onFault(link, error),
      );
    }
  }

  #stored(link: QueueLink, count: number, seq: number): void {
    if (link !== this.#link) return; // an answer of a queue that has been given up
    this.#underWay -= 1;
    this.#stage.store(count);
    this.#storedSeq = seq;
    for (let first = this.#waiters.peekFront(); first !== undefined; first = this.#waiters.peekFront()) {
      if (first.seq > seq) break;
      this.#waiters.popFront();
      first.resolve();
    }
    this.kick();
    this.#onStored();
  }
}
