import type { ClaimSource } from '../core/claim-draft.js';

/** One entry of the common knowledge base. `id` is its key: it is written once, whatever is delivered twice. */
export interface Claim {
  /** Its key: the id of the task that made it and its place there, `session:7#1`. */
  readonly id: string;
  /** The coalition that wrote it. */
  readonly coalition: string;
  /** The loop of the query, from 1; 0 outside a query. */
  readonly loop: number;
  /** Who claims it. */
  readonly agent: string;
  /** What is claimed. */
  readonly text: string;
  /** Where it stands. */
  readonly sources: readonly ClaimSource[];
  /** What a check of it found; undefined for unchecked. */
  readonly verdict: string | undefined;
}

/** Who writes: the epoch of a coalition's leadership. A store refuses one older than it has seen. */
export interface Fence {
  /** The coalition that writes. */
  readonly coalition: string;
  /** Its leadership. */
  readonly epoch: number;
}

/** What became of a claim: `duplicate` when its id was there already. */
export type AppendOutcome = 'written' | 'duplicate';

/**
 * The common knowledge base: claims in the order in which they were appended, each id once, and the leases of
 * the coalitions that write to it.
 */
export interface ClaimStore extends LeaseStore {
  /** What it is, for messages to people: 'memory', 'file:/data/claims.db'. */
  readonly name: string;
  /** Survives the death of this process. */
  readonly durable: boolean;
  /**
   * Writes a batch in one transaction, durable when it resolves; an outcome a claim, by position.
   * @throws `StaleEpoch` when a newer epoch of that coalition was seen: nothing is written.
   * @throws `InvalidOption` when a claim has the wrong shape or another coalition than the fence.
   * @throws `StoreUnavailable` when the store cannot be written (full disk, lost file): nothing is written.
   */
  append(claims: readonly Claim[], fence: Fence): Promise<readonly AppendOutcome[]>;
  /**
   * Claims in append order, from `after` (a count, 0 at first) on, at most `limit` (10,000 if none is given):
   * read on until a page is empty. With `coalition`, `after` counts that coalition's claims alone.
   */
  read(request?: {
    readonly after?: number;
    readonly limit?: number;
    readonly coalition?: string;
  }): Promise<readonly Claim[]>;
  /** Claims whose text or quotes hold any of the words, best first, at most `limit` (100 if none is given). */
  search(text: string, request?: { readonly limit?: number }): Promise<readonly Claim[]>;
  /** How many claims there are. @throws `StoreUnavailable`. */
  count(): Promise<number>;
  /** Lets go of the store; what was appended stays. A second call does nothing. */
  close(): Promise<void>;
}

/** A lease as it stands in the store. Observers compare `holder`, `epoch` and `heartbeat`, never clocks. */
export interface LeaseRecord {
  /** What is held: the name of a coalition. */
  readonly name: string;
  /** Undefined once released. */
  readonly holder: string | undefined;
  /** Grows by at least one with each holder. */
  readonly epoch: number;
  /** Grows with each renewal. */
  readonly heartbeat: number;
}

/** Leases by compare-and-set: each call is one atomic step. A lease fences the coalition of the same name. */
export interface LeaseStore {
  /** The lease as it stands; undefined if nobody has held it. */
  readLease(name: string): Promise<LeaseRecord | undefined>;
  /**
   * Takes the lease if the record still is `expected`, heartbeat included (undefined: none yet); the epoch is
   * one more than the largest that this record and the writes of the coalition of that name have had.
   */
  takeLease(
    name: string,
    holder: string,
    expected: LeaseRecord | undefined,
  ): Promise<LeaseRecord | undefined>;
  /** Renews it if that term (holder and epoch) still stands; undefined when it was lost. */
  renewLease(record: LeaseRecord): Promise<LeaseRecord | undefined>;
  /** Gives it up if that term still stands, so that the next holder need not wait. */
  releaseLease(record: LeaseRecord): Promise<void>;
}
