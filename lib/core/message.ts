import type { PlainBackoff } from './backoff.js';
import type { Encoded } from './value.js';

declare const brand: unique symbol;

/** A message's name: its producer's session and sequence number, or the caller's own id. */
export type MessageId = string & { readonly [brand]: 'MessageId' };

/** The parser at the boundary: any non-empty string can name a message. */
export function messageId(text: string): MessageId {
  return text as MessageId;
}

/** Ids made lately that are known to be produced, by the last digits of their seqs: a power of two. */
const RECENT_IDS = 4_096;
const recentIds = new Array<string>(RECENT_IDS).fill('');
const recentProducers = new Array<string>(RECENT_IDS).fill('');
const recentSeqs = new Float64Array(RECENT_IDS);

/** The id of a message for which its caller chose none: its producer's session and sequence number. */
export function producedId(producer: string, seq: number): MessageId {
  const id = `${producer}:${seq}` as MessageId;
  const at = seq & (RECENT_IDS - 1);
  recentIds[at] = id;
  recentProducers[at] = producer;
  recentSeqs[at] = seq;
  return id;
}

/**
 * Whether an envelope's id is the produced one. Such a message is known by its producer's high-water mark, and
 * nothing is stored for it; any other id is the caller's own and is remembered within the dedupe window.
 */
export function hasProducedId(envelope: Pick<Envelope, 'id' | 'producer' | 'seq'>): boolean {
  const { id, producer, seq } = envelope;
  const at = seq & (RECENT_IDS - 1);
  // A text put together is laid out in memory when it is first compared by its letters, which costs more than all the
  // rest of a publish. Compared with itself it is not.
  if (recentSeqs[at] === seq && recentIds[at] === id && recentProducers[at] === producer) return true;
  return id === `${producer}:${seq}`;
}

/**
 * What a message is for: work, the answer to work, a claim for the common knowledge base, an order to stop, a word of a
 * pool that has joined, a part of a query's shared state for such a pool.
 */
export type MessageKind = 'task' | 'result' | 'claim' | 'stop' | 'presence' | 'state';

/** Version of the envelope; an unknown one is a dead letter with its raw bytes. */
export const ENVELOPE_VERSION = 1;

/** How a task is tried: it travels with the task, so that every coordinator on a shared broker keeps to it. */
export interface Tries {
  /** Failures and crashes before it is a dead letter. */
  readonly attempts?: number;
  /** The wait between tries. */
  readonly backoff?: PlainBackoff;
  /** How long one try may take. */
  readonly timeoutMs?: number;
}

/** Tries of a message that asks for nothing of its own. */
export const NO_TRIES: Tries = Object.freeze({});

/**
 * A message as every broker carries it. `failures` (the handler threw) and `crashes` (the worker died while it
 * ran alone) are counted apart from `deliveries`, so that a lost worker costs no innocent task an attempt.
 */
export interface Envelope {
  /** Version of the envelope. */
  readonly v: typeof ENVELOPE_VERSION;
  /** Its name, by which a broker knows a resend. */
  readonly id: MessageId;
  /** The producer's session: with `seq` it identifies the message and lets a broker drop a resend cheaply. */
  readonly producer: string;
  /** Grows by at least one from message to message of one producer and queue. */
  readonly seq: number;
  /** The tenant it belongs to. */
  readonly coalition: string;
  /** The queue it was published to. */
  readonly queue: string;
  /** What it is for. */
  readonly kind: MessageKind;
  /** Who is to run it; for a claim or a result, whose it is. */
  readonly agent: string;
  /** At most one unacknowledged message of a queue has this key; the others wait behind it. */
  readonly orderingKey: string | undefined;
  /** 0 to 9, larger first. */
  readonly priority: number;
  /** How long after its acceptance it is given out at the earliest. */
  readonly delayMs: number;
  /** How it is tried; what it leaves open is as its agent says. */
  readonly tries: Tries;
  /** How often it had been given out when it was published: 0, unless it was moved. */
  readonly deliveries: number;
  /** How often its handler had thrown by then. */
  readonly failures: number;
  /** How often it had ended a worker by then. */
  readonly crashes: number;
  /** When it was submitted, in milliseconds since 1970. */
  readonly enqueuedAtMs: number;
  /** The leadership under which it was published. */
  readonly epoch: number;
  /** Text beside the payload, for Conclave's own use. */
  readonly headers: Readonly<Record<string, string>>;
  /** The payload, encoded once. */
  readonly payload: Encoded;
}

/** The largest priority; the least is 0. */
export const PRIORITY_MAX = 9;
/** Priority of a message that asks for none. */
export const PRIORITY_DEFAULT = 4;
