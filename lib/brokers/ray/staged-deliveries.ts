import { Deque } from '../../core/deque.js';
import { PRIORITY_MAX } from '../../core/message.js';
import { FirstDeliveries } from '../first-deliveries.js';
import type { Held } from '../held.js';

/** Where the messages are that have not arrived yet. */
interface Standing {
  ready: number;
  delayed: number;
  heldBack: number;
}

/**
 * First deliveries of which each message has to come through a queue elsewhere before it is ready:
 *
 *     accept ──▶ unsent ──▶ sent ──▶ asked for ──▶ arrived: held back, delayed, ready, as in any queue
 *                (put under way, then in the queue)
 *
 * All three lines are in order of acceptance, and so is the queue elsewhere.
 */
export class StagedDeliveries extends FirstDeliveries {
  #unsent = new Deque<Held>();
  readonly #sent = new Deque<Held>();
  readonly #asked = new Deque<Held>();
  /** Of the sent ones, from the front: those of which the queue has said that it has them. */
  #stored = 0;
  /** On their way, with a key or a delay: those which may not be ready once they arrive. */
  #special = 0;
  readonly #undelivered: number[] = new Array(PRIORITY_MAX + 1).fill(0);
  #nowMs = 0;
  #latestSeq = 0;

  /** The seq of the last message accepted. */
  get latestSeq(): number {
    return this.#latestSeq;
  }

  /** Messages that have not arrived. */
  get onTheWay(): number {
    return this.#unsent.length + this.#sent.length + this.#asked.length;
  }

  /** Messages that are still to be put. */
  get unsent(): number {
    return this.#unsent.length;
  }

  /** Messages that have been asked for. */
  get asked(): number {
    return this.#asked.length;
  }

  /** Messages in the queue that nobody has asked for. */
  get stored(): number {
    return this.#stored;
  }

  /** Messages that have arrived and can be given out. */
  get arrived(): number {
    return super.ready;
  }

  /** Whether a message on its way may have to be given out before one that has arrived. */
  get isMixed(): boolean {
    return this.#undelivered.filter((count) => count > 0).length > 1;
  }

  override get ready(): number {
    return super.ready + this.#standing().ready;
  }

  override get delayed(): number {
    return super.delayed + this.#standing().delayed;
  }

  override get heldBack(): number {
    return super.heldBack + this.#standing().heldBack;
  }

  override get seesAll(): boolean {
    return true;
  }

  override accept(item: Held): void {
    this.#latestSeq = item.seq;
    this.#count(item.envelope.priority, 1);
    this.#unsent.pushBack(item);
    if (isSpecial(item)) this.#special += 1;
  }

  override takeInto(taken: number[], max: number, ageingMs: number | undefined): void {
    const before = this.#undelivered.map((_, priority) => this.readyOf(priority));
    super.takeInto(taken, max, ageingMs);
    for (const [priority, ready] of before.entries()) this.#count(priority, this.readyOf(priority) - ready);
  }

  override catchUp(nowMs: number): void {
    this.#nowMs = nowMs;
    super.catchUp(nowMs);
  }

  /** The next to be put: as many as fit in `bytesMax` (one at least), and no more than `max`. */
  send(max: number, bytesMax: number): readonly Held[] {
    return move(this.#unsent, this.#sent, max, bytesMax);
  }

  /** The queue has said that it has so many more of those that were sent. */
  store(count: number): void {
    this.#stored += count;
  }

  /** Counts the next to be asked for: as many as fit in `bytesMax` (one at least), and no more than `max`. */
  ask(max: number, bytesMax: number): readonly Held[] {
    const asked = move(this.#sent, this.#asked, Math.min(max, this.#stored), bytesMax);
    this.#stored -= asked.length;
    return asked;
  }

  /** So many of those asked for have come. */
  arrive(count: number, nowMs: number): void {
    for (const item of this.#asked.takeFront(count)) this.#enter(item, nowMs);
  }

  /** All of them have to be put again; nothing is lost. */
  recall(): readonly Held[] {
    this.#restart([...this.#asked, ...this.#sent, ...this.#unsent]);
    return [];
  }

  /**
   * The queue is lost, but for these seqs, which have come. What it was known to have and has not given is lost;
   * what it may not have had is put again. Answers what is lost.
   */
  lose(survivors: ReadonlySet<number>, nowMs: number): readonly Held[] {
    const known = this.#asked.length + this.#stored;
    const lost: Held[] = [];
    const again: Held[] = [];
    for (const [at, item] of [...this.#asked, ...this.#sent].entries()) {
      if (survivors.has(item.seq)) this.#enter(item, nowMs);
      else if (at < known) lost.push(item);
      else again.push(item);
    }
    for (const item of lost) this.#leave(item);
    this.#restart([...again, ...this.#unsent]);
    return lost;
  }

  #restart(unsent: readonly Held[]): void {
    this.#unsent = new Deque();
    for (const item of unsent) this.#unsent.pushBack(item);
    this.#sent.takeFront(this.#sent.length);
    this.#asked.takeFront(this.#asked.length);
    this.#stored = 0;
  }

  #enter(item: Held, nowMs: number): void {
    if (isSpecial(item)) this.#special -= 1;
    super.accept(item, nowMs);
  }

  #leave(item: Held): void {
    if (isSpecial(item)) this.#special -= 1;
    this.#count(item.envelope.priority, -1);
  }

  #count(priority: number, by: number): void {
    this.#undelivered[priority] = (this.#undelivered[priority] ?? 0) + by;
  }

  #standing(): Standing {
    if (this.#special === 0) return { ready: this.onTheWay, delayed: 0, heldBack: 0 };
    const standing: Standing = { ready: 0, delayed: 0, heldBack: 0 };
    const keys = new Set<string>();
    for (const item of [...this.#asked, ...this.#sent, ...this.#unsent]) {
      const { orderingKey } = item.envelope;
      const isHeldBack = orderingKey !== undefined && (keys.has(orderingKey) || this.isOccupied(orderingKey));
      if (orderingKey !== undefined) keys.add(orderingKey);
      if (isHeldBack) standing.heldBack += 1;
      else if (item.dueMs > this.#nowMs) standing.delayed += 1;
      else standing.ready += 1;
    }
    return standing;
  }
}

function isSpecial({ envelope }: Held): boolean {
  return envelope.orderingKey !== undefined || envelope.delayMs > 0;
}

function move(from: Deque<Held>, to: Deque<Held>, max: number, bytesMax: number): readonly Held[] {
  const moved: Held[] = [];
  let bytes = 0;
  while (moved.length < max) {
    const next = from.peekFront();
    if (next === undefined) break;
    bytes += Buffer.byteLength(next.envelope.payload);
    if (moved.length > 0 && bytes > bytesMax) break;
    from.popFront();
    to.pushBack(next);
    moved.push(next);
  }
  return moved;
}
