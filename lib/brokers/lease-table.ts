import type { Receipt } from './contract.js';
import { type Due, DueHeap } from './due-heap.js';

/** Something that can be given out under a lease. */
export interface Leasable {
  readonly seq: number;
  /** The token of its latest delivery. */
  token: string;
  lease: Lease | undefined;
  /** Its place in the lease. */
  leaseAt: number;
}

/** One grant of time over what was given out, or extended, together. */
export interface Lease extends Due {
  readonly items: (Leasable | undefined)[];
  live: number;
}

/**
 * What is in flight, by seq, and until when. A lease is one record for all that was received together; what is
 * settled leaves its slot empty, so that a lease holds on to nothing but what is still out.
 *
 *     lease 1 (until 40)  [ 7  .  9 ]      lease 2 (until 55)  [ 8 ]    8 was extended
 */
export class LeaseTable<T extends Leasable> {
  readonly #inFlight = new Map<number, T>();
  readonly #leases = new DueHeap<Lease>();

  get length(): number {
    return this.#inFlight.size;
  }

  /** When the next lease runs out; Infinity when nothing is in flight. */
  get nextMs(): number {
    return this.#leases.nextMs;
  }

  /** What this receipt names, if that delivery still holds. */
  find(receipt: Receipt): T | undefined {
    const item = this.#inFlight.get(receipt.seq);
    return item?.token === receipt.token ? item : undefined;
  }

  /** Puts these under one lease until `untilMs`, whatever lease they were under before. */
  grant(items: readonly T[], untilMs: number): void {
    if (items.length === 0) return;
    const lease: Lease = { dueMs: untilMs, heapAt: -1, items: [], live: 0 };
    for (const item of items) {
      this.#leave(item);
      item.lease = lease;
      item.leaseAt = lease.items.length;
      lease.items.push(item);
      lease.live += 1;
      this.#inFlight.set(item.seq, item);
    }
    // Last, so that an item named twice cannot empty the lease and take it out of the heap on the way.
    this.#leases.push(lease);
  }

  /** Takes one out of flight. */
  release(item: T): void {
    this.#leave(item);
    this.#inFlight.delete(item.seq);
  }

  /** Takes out of flight what is under leases that run out at or before `nowMs`. */
  takeExpired(nowMs: number): T[] {
    const expired: T[] = [];
    for (const lease of this.#leases.takeDue(nowMs)) {
      for (const leased of lease.items) {
        const item = leased === undefined ? undefined : this.#inFlight.get(leased.seq);
        if (item !== undefined) expired.push(item);
      }
    }
    for (const item of expired) this.release(item);
    return expired;
  }

  #leave(item: T): void {
    const lease = item.lease;
    if (lease === undefined) return;
    item.lease = undefined;
    lease.items[item.leaseAt] = undefined;
    lease.live -= 1;
    if (lease.live === 0) this.#leases.remove(lease);
  }
}
