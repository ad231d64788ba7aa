import type { Envelope } from '../core/message.js';
import type { Answer, DeadLetter } from './contract.js';
import type { Held } from './held.js';
import type { Identities } from './identities.js';

/** What has become of a message so far. */
export interface DeliveryCounts {
  readonly deliveries: number;
  readonly failures: number;
  readonly crashes: number;
}

/**
 * Hears of every change to a queue that has to outlive it: in order, and within the call that makes it. What is told
 * here is not durable yet, so a queue with a journal serves nobody who waits until it is told to catch up.
 */
export interface QueueJournal {
  accepted(envelope: Envelope, seq: number): void;
  /** For want of room, and may come again. */
  refusedAsFull(envelope: Envelope): void;
  /** Done with, acked or dead-lettered. */
  settled(seq: number): void;
  /** Given back, to be given out again after the delay. */
  refused(seq: number, counts: DeliveryCounts, delayMs: number): void;
  buried(letter: DeadLetter): void;
}

/** What a queue is opened again with. */
export interface KeptQueue {
  /** The seq of the last message accepted. */
  readonly seq: number;
  readonly identities: Identities;
  readonly deadLetters: readonly DeadLetter[];
  /** By increasing seq, with their counts as of their last refusal; they are the queue's own from now on. */
  readonly messages: Iterable<Held>;
  /** When a message that was refused may be given out again; undefined: it never was refused. */
  readonly dueMsOf: (seq: number) => number | undefined;
}

/** What a queue has beside its clock and its bounds. */
export interface MemoryQueueOptions {
  /** Where the answers go that come with settlements; undefined: nowhere. */
  readonly answers?: { keep(answer: Answer): unknown } | undefined;
  /** Told apart by it, a token of an earlier queue of the same name is not good for this one. */
  readonly tokenMark?: string;
  /** Hears of what has to outlive the queue; nobody who waits is served then but by `catchUp`. */
  readonly journal?: QueueJournal | undefined;
  /** What an earlier queue left. */
  readonly kept?: KeptQueue | undefined;
  /** Messages above which they are packed in memory (default: enough to be worth it). */
  readonly unpackedMax?: number;
}
