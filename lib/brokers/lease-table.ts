import type { Delivery, Receipt } from './contract.js';
import { type Due, DueHeap } from './due-heap.js';
import { Held } from './held.js';
import type { MessagePages } from './message-pages.js';

/** One grant of time over what was given out, or extended, together, and under one token. */
export class Lease implements Due {
  readonly token: string;
  /** How often what it is over was given out. */
  readonly deliveries: number;
  readonly dueMs: number;
  heapAt = -1;
  /** Messages that are still under it. */
  live = 0;
  /** Those that ever were: a run of seqs, and the first and last seqs of the runs before it. */
  firstSeq = 0;
  lastSeq = -1;
  runsBefore: number[] | undefined;

  constructor(token: string, deliveries: number, dueMs: number) {
    this.token = token;
    this.deliveries = deliveries;
    this.dueMs = dueMs;
  }

  enter(seq: number): void {
    this.live += 1;
    if (seq === this.lastSeq + 1 && this.live > 1) {
      this.lastSeq = seq;
      return;
    }
    if (this.lastSeq >= 0) {
      this.runsBefore ??= [];
      this.runsBefore.push(this.firstSeq, this.lastSeq);
    }
    this.firstSeq = seq;
    this.lastSeq = seq;
  }

  *seqs(): IterableIterator<number> {
    const runs = [...(this.runsBefore ?? []), this.firstSeq, this.lastSeq];
    for (let run = 0; run < runs.length; run += 2) {
      const last = runs[run + 1] ?? 0;
      for (let seq = runs[run] ?? 0; seq <= last; seq += 1) yield seq;
    }
  }
}

/**
 * What is in flight, and until when. A lease is one record for all that was received together, and the pages say of
 * each message under which it is; what is settled leaves it, and the last one ends it.
 *
 *     leases   1 ▶ until 40, of 7–9      2 ▶ until 55, of 8      8 was extended
 *     pages    7 ▶ 1     8 ▶ 2     9 ▶ 1
 */
export class LeaseTable {
  readonly #pages: MessagePages<Lease>;
  readonly #leases = new DueHeap<Lease>();
  readonly #tokenMark: string;
  #length = 0;
  #consumer = '';
  #deliveries = -1;
  #token = '';

  /** Of the messages there; tokens have that mark, to tell them from those of another table. */
  constructor(pages: MessagePages<Lease>, tokenMark: string) {
    this.#pages = pages;
    this.#tokenMark = tokenMark;
  }

  /** Messages in flight. */
  get length(): number {
    return this.#length;
  }

  /** When the next lease runs out; Infinity when nothing is in flight. */
  get nextMs(): number {
    return this.#leases.nextMs;
  }

  /** Whether the delivery that this receipt names still holds. */
  has({ seq, token }: Receipt): boolean {
    return this.#pages.leaseAt(seq)?.token === token;
  }

  /** Messages as they are given out now until `untilMs`, one delivery more; most have the same token, and one lease. */
  giveOut(seqs: readonly number[], consumer: string, untilMs: number): Delivery[] {
    const given = new Array<Delivery>(seqs.length);
    let lease: Lease | undefined;
    for (let at = 0; at < seqs.length; at += 1) {
      const seq = seqs[at] ?? 0;
      const message = this.#pages.at(seq);
      const deliveries = message.deliveries + 1;
      const isHeld = message instanceof Held;
      if (isHeld) message.deliveries = deliveries;
      if (lease?.deliveries !== deliveries)
        lease = this.#open(this.#tokenOf(consumer, deliveries), deliveries, untilMs);
      this.#pages.leaseTo(seq, lease);
      lease.enter(seq);
      const { failures, crashes } = message;
      const envelope = isHeld ? message.envelope : message;
      given[at] = { seq, token: lease.token, envelope, deliveries, failures, crashes };
    }
    this.#length += seqs.length;
    return given;
  }

  /** Puts messages that are in flight under other leases, until `untilMs`. */
  extend(seqs: readonly number[], untilMs: number): void {
    let renewed: Lease | undefined;
    for (const seq of seqs) {
      const lease = this.#pages.leaseAt(seq);
      if (lease === undefined || lease === renewed) continue;
      if (lease.token !== renewed?.token) renewed = this.#open(lease.token, lease.deliveries, untilMs);
      this.#leave(lease);
      this.#pages.leaseTo(seq, renewed);
      renewed.enter(seq);
    }
  }

  /** Takes one out of flight. */
  release(seq: number): void {
    const lease = this.#pages.leaseAt(seq);
    if (lease === undefined) return;
    this.#pages.leaseTo(seq, undefined);
    this.#length -= 1;
    this.#leave(lease);
  }

  /** Takes one out of flight that is to be given out again. */
  takeBack(seq: number): Held {
    const held = this.#pages.holdAt(seq, this.#pages.leaseAt(seq)?.deliveries ?? 0);
    this.release(seq);
    return held;
  }

  /** Takes out of flight what is under leases that run out at or before `nowMs`. */
  takeExpired(nowMs: number): Held[] {
    const expired: Held[] = [];
    for (const lease of this.#leases.takeDue(nowMs))
      for (const seq of lease.seqs())
        if (this.#pages.leaseAt(seq) === lease) expired.push(this.takeBack(seq));
    return expired;
  }

  /** The one of before, where that is the same: most consumers ask again and again. */
  #tokenOf(consumer: string, deliveries: number): string {
    if (consumer !== this.#consumer || deliveries !== this.#deliveries) {
      this.#consumer = consumer;
      this.#deliveries = deliveries;
      this.#token = `${consumer}#${this.#tokenMark}${deliveries}`;
    }
    return this.#token;
  }

  #open(token: string, deliveries: number, untilMs: number): Lease {
    const lease = new Lease(token, deliveries, untilMs);
    this.#leases.push(lease);
    return lease;
  }

  #leave(lease: Lease): void {
    lease.live -= 1;
    if (lease.live === 0) this.#leases.remove(lease);
  }
}
