import type { Broker } from '../brokers/contract.js';
import type { Limits } from '../core/limits.js';

/** A broker and the hands on its time. */
export interface BrokerUnderTest {
  /** The broker, with nothing in it. */
  readonly broker: Broker;
  /** Moves the broker's time on, and resolves when all that follows from it has happened; 0 only settles. */
  advance(byMs: number): Promise<void>;
  /** Frees what `open` took; fails if the broker left a timer, a file or a connection behind. */
  dispose(): Promise<void>;
}

/**
 * What a broker may lack and still be one. What it lacks is skipped by name.
 * - `delay`: `delayMs` of a message and of a refusal is kept
 * - `keys`: at most one unsettled message of an ordering key is out
 * - `priorities`: first deliveries follow priority
 * - `limits`: `open` can set the bounds
 * - `time`: `advance` is exact to the millisecond, so that the broker can be compared with the model step by step
 */
export type BrokerTrait = 'delay' | 'keys' | 'limits' | 'priorities' | 'time';

/** How the conformance suite opens fresh brokers of one kind. */
export interface BrokerFactory {
  /** What messages to people call this kind of broker. */
  readonly name: string;
  /** What it cannot do (default: nothing). */
  readonly lacks?: readonly BrokerTrait[];
  /** A fresh broker with these bounds; the suite disposes of it. */
  open(limits: Partial<Limits>): Promise<BrokerUnderTest>;
}
