import type { Broker } from '../brokers/contract.js';
import type { LeaseHolders } from '../brokers/model.js';
import type { Limits } from '../core/limits.js';

/** A broker and the hands on its time. */
export interface BrokerUnderTest {
  /** The broker, with nothing in it. */
  readonly broker: Broker;
  /**
   * Moves the time of all that was opened on, and resolves when all that follows from it has happened; 0 only
   * settles: what one client did has reached those who wait at another. Without the trait `time` it lets at
   * least so much real time pass.
   */
  advance(byMs: number): Promise<void>;
  /**
   * Lets go of the broker as the death of its process would, without a close, and opens it again on what was kept.
   * The old one is not used any more; what still waits there may stay unanswered. For the trait `durable`.
   */
  reopen?(): Promise<Broker>;
  /** One more client of the same queues, on the same time, as another process would open it. For the trait `shared`. */
  another?(): Promise<Broker>;
  /**
   * Frees what `open`, `reopen` and `another` took, after the suite has closed what it got last from each; fails
   * if a broker left a timer, a file or a connection behind.
   */
  dispose(): Promise<void>;
}

/**
 * What a broker may lack and still be one. What it lacks is skipped by name.
 * - `answers`: it keeps answers
 * - `delay`: `delayMs` of a message and of a refusal is kept
 * - `durable`: `reopen` finds what was kept
 * - `keys`: at most one unsettled message of an ordering key is out
 * - `limits`: `open` can set the bounds
 * - `priorities`: first deliveries follow priority
 * - `purge`: it can remove queues
 * - `shared`: `another` opens a second client
 * - `time`: `advance` is exact to the millisecond, so that the broker can be compared with the model step by step
 */
export type BrokerTrait =
  | 'answers'
  | 'delay'
  | 'durable'
  | 'keys'
  | 'limits'
  | 'priorities'
  | 'purge'
  | 'shared'
  | 'time';

/** How the conformance suite opens fresh brokers of one kind. */
export interface BrokerFactory {
  /** What messages to people call this kind of broker. */
  readonly name: string;
  /** What it cannot do (default: nothing). */
  readonly lacks?: readonly BrokerTrait[];
  /**
   * What `reopen` means for the leases: those who hold them live on elsewhere and keep them, or are dead with the
   * queue, so that what they held is ready at once (default 'dead').
   */
  readonly leaseHolders?: LeaseHolders;
  /** A fresh broker with these bounds; the suite disposes of it. */
  open(limits: Partial<Limits>): Promise<BrokerUnderTest>;
}
