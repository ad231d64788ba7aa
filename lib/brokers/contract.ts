import type { Envelope, MessageId } from '../core/message.js';
import type { Encoded } from '../core/value.js';

/**
 * What every broker does. `lib/brokers/model.ts` is this contract as a pure state machine, and the oracle of the
 * conformance suite, which has a test of each of these sentences.
 *
 * - `publish` resolves only past the broker's durability point. A timeout means *unknown*: publish again with
 *   the same identity, and it is a `duplicate` or `accepted`, never both.
 * - Identity: a message whose id is `producedId(producer, seq)` is known by its producer's high-water mark in
 *   that queue; any other id is the caller's own and known by a window bounded in time and count. Neither kind
 *   counts for the other.
 * - `full` and `too-large` are definite and leave no trace: the same message may come again, also after later
 *   ones of its producer were accepted (so many refusals a producer are remembered: `refusalsMax`). What was
 *   refused longer ago than that has to come under a new identity.
 * - Once a message of a `publish` is `full`, every later new one of that call is: what is accepted of a call is
 *   a beginning of it. Size is judged before identity, and identity before room.
 * - First deliveries of a queue follow its acceptance order, among the messages that are ready: what becomes ready
 *   late takes its place in that order. What comes back (nack, expired lease) is given out again before anything
 *   that was never delivered, in the order in which it came back (at one instant, by seq), whatever its priority;
 *   what was refused with a delay comes back when that has passed.
 * - With `delayed`, a message is ready for its first delivery once its `delayMs` has passed since its acceptance.
 * - With `orderedByKey`, a message with an `orderingKey` is ready only while it is the oldest unsettled one of its
 *   key: a redelivery, a backoff or a delay holds its successors back, and a dead letter frees the key.
 * - With `priorities`, first deliveries follow priority, the larger first, before acceptance; a receive with
 *   `ageingMs` counts a message's priority as one more for each `ageingMs` that have passed since its acceptance,
 *   a part of it as that part, without an upper bound; at a tie acceptance decides.
 * - A delivery is held under a lease. Until `ack` it is never lost; when the lease runs out it comes back.
 * - A token is good for one delivery and no longer than its lease: what settles with another is `stale` and
 *   changes nothing.
 * - A receive or a read of answers whose `signal` aborts waits no longer: that is no error, and it is answered with
 *   what it was given before, or with nothing. Nothing is given out to one whose signal has aborted: others get it.
 * - An envelope of an unknown version is accepted as a dead letter, and never delivered.
 * - An answer that comes with a settlement is kept in the same step, if the settlement counts (an `ack` that is
 *   `ok`, a refusal that is `dead-lettered`), and not otherwise; the first answer to a task stays.
 * - With `shared`, several processes have the same queues open: what the contract says holds of all of them
 *   together, a receive that names `agents` gets their messages alone, and one that names none gets any.
 * - With `durable`, what a call has resolved to survives the death of the process and of the queue: opened again,
 *   the broker holds what it held, dead letters, answers, identities and what was refused as `full` included, and
 *   delays, windows and leases have gone on meanwhile. Who waited for something is gone.
 * - Where the holders of leases are known to be dead with the queue, what they held is ready at once, and their
 *   tokens are `stale`. Refusals are on record, deliveries need not be: what was refused before is given out again
 *   first, by seq, with its counts as of its last refusal, and what never was is undelivered again, in its place.
 * - After `close` has begun `publish` rejects with `ShuttingDown`; after it has ended every call but `close`
 *   does, those of `answers` included. Whoever still waits then gets nothing. What is left is `returned` with
 *   `durable` or `shared`, since it is still there, and `abandoned` without.
 */
export interface Broker {
  /** What it is, for messages to people: 'memory', 'redis://host'. Never holds a password. */
  readonly name: string;
  /** What it promises, for whoever needs to know before the first message. */
  readonly capabilities: BrokerCapabilities;
  /** What whoever runs it should know of what it promises, a sentence each; none, or undefined, where all is well. */
  readonly warnings?: readonly string[] | undefined;
  /** Publishes in order, all in one step; an outcome a message, by position. */
  publish(queue: string, envelopes: readonly Envelope[]): Promise<readonly PublishOutcome[]>;
  /** Up to `max` (at least 1) messages; none after `waitMs` of an empty queue (that is no error). Waiting receivers are served in turn. */
  receive(queue: string, request: ReceiveRequest): Promise<readonly Delivery[]>;
  /** Settles for good, one outcome a receipt, and keeps the answers that come with those that count. */
  ack(queue: string, receipts: readonly Acknowledgement[]): Promise<readonly SettleOutcome[]>;
  /** Renews the lease to `leaseMs` from now, one outcome a receipt. */
  extend(queue: string, receipts: readonly Receipt[], leaseMs: number): Promise<readonly SettleOutcome[]>;
  /** Gives back, counting as the refusal says; at `attemptsMax` failures and crashes it is a dead letter in the same step. */
  nack(queue: string, refusals: readonly Refusal[]): Promise<readonly RefusalOutcome[]>;
  /** The dead letters of a queue, oldest first. */
  deadLetters(queue: string): Promise<readonly DeadLetter[]>;
  /** How many messages of a queue wait and run; a count of this moment. */
  depth(queue: string): Promise<QueueDepth>;
  /**
   * Refuses publishes from now on; with `drain` waits, at most `deadlineMs`, until all is settled; then lets go.
   * A second call can only bring the end forward; both get the one report.
   */
  close(request: CloseRequest): Promise<CloseReport>;
  /** Where answers are kept; undefined where they are not, and what comes with a settlement is ignored. */
  readonly answers?: AnswerShelf | undefined;
  /** Removes these queues with all that is known of them, for brokers on which they would outlive their last user. */
  purge?(queues: readonly string[]): Promise<void>;
}

/**
 * Answers to tasks, kept where the broker is: they outlive whoever ran the task and whoever asked. Each is kept for
 * `resultTtlMs`, and never more than `resultsMax` of them and `resultBytesMax` bytes, the oldest going first.
 */
export interface AnswerShelf {
  /**
   * The answers for one asker from the cursor on, oldest first; none after `waitMs` without one. What lies before
   * the cursor has been read and need not be announced again; it can still be found by its task.
   */
  read(asker: string, request: AnswersRequest): Promise<AnswerPage>;
  /** The answer to the task of that name, as long as it is kept. */
  find(id: MessageId): Promise<Answer | undefined>;
}

/** What became of a task, for whoever asked. */
export interface Answer {
  /** The task. */
  readonly id: MessageId;
  /** The session that is to hear of it; undefined: it is kept, and announced to nobody. */
  readonly asker: string | undefined;
  /** What became of it, as text that the broker does not look into. */
  readonly outcome: Encoded;
}

/** Which answers are asked for. */
export interface AnswersRequest {
  /** From where on: '' at first, then the cursor of the page before. */
  readonly cursor: string;
  /** At most so many. */
  readonly max: number;
  /** How long to wait where there is none. */
  readonly waitMs: number;
  /** Calls the wait off; undefined: nothing does but its end. */
  readonly signal?: AbortSignal | undefined;
}

/** Some answers, and from where to read on. */
export interface AnswerPage {
  /** Oldest first. */
  readonly answers: readonly Answer[];
  /** For the next request. */
  readonly cursor: string;
}

/** What a broker can promise. What it lacks, it says here and ignores in a message, and whoever needs it is refused. */
export interface BrokerCapabilities {
  /** A message accepted survives the death of the process that holds the queue. */
  readonly durable: boolean;
  /**
   * Whether a message that was accepted is given out until it is settled, or whether the death of what holds the
   * queue can lose it (a dead letter says so, where its publisher lives).
   */
  readonly delivery: 'at-least-once' | 'at-most-once';
  /** Keeps at most one unacknowledged message an ordering key. */
  readonly orderedByKey: boolean;
  /** `delayMs` of a message and of a refusal is kept. */
  readonly delayed: boolean;
  /** First deliveries follow priority before acceptance. */
  readonly priorities: boolean;
  /** The largest payload it takes, in bytes; a larger one is `too-large`. */
  readonly payloadBytesMax: number;
  /** Several processes can open it at once; it then has `answers`, and a receive keeps to its `agents`. */
  readonly shared: boolean;
}

/** What became of a message: `full` and `too-large` are definite and leave no trace. */
export type PublishOutcome = 'accepted' | 'duplicate' | 'full' | 'too-large';
/** Whether a settlement counted; `stale` when the lease of that delivery was over. */
export type SettleOutcome = 'ok' | 'stale';
/** What became of a refused message. */
export type RefusalOutcome = SettleOutcome | 'dead-lettered';

/** Who asks for messages, how many, and on what terms. */
export interface ReceiveRequest {
  /** The consumer's session: who holds the lease. */
  readonly consumer: string;
  /** At most so many messages. */
  readonly max: number;
  /** How long to wait at an empty queue. */
  readonly waitMs: number;
  /** How long a delivery may go without renewal before it comes back. */
  readonly leaseMs: number;
  /** Waiting that counts as one step of priority, above 0; undefined: priority alone decides. */
  readonly ageingMs?: number | undefined;
  /** Whose messages alone (`shared` brokers only, the others ignore it); undefined: anybody's. */
  readonly agents?: readonly string[] | undefined;
  /** Calls the wait off; undefined: nothing does but its end. */
  readonly signal?: AbortSignal | undefined;
}

/** Names one delivery of one message. */
export interface Receipt {
  /** Acceptance order within the queue, from 1. */
  readonly seq: number;
  /** Good for this one delivery alone. */
  readonly token: string;
}

/** A delivery that is done with, and its answer, if anybody may ask for one. */
export interface Acknowledgement extends Receipt {
  /** Kept in the same step, if the settlement counts. */
  readonly answer?: Answer | undefined;
}

/**
 * A message given out under a lease, with its counts as of this delivery. They go on from those of the
 * envelope, so `deliveries` is 1 the first time a new message is given out.
 */
export interface Delivery extends Receipt {
  /** The message. */
  readonly envelope: Envelope;
  /** How often it was given out, this time included. */
  readonly deliveries: number;
  /** How often its handler threw. */
  readonly failures: number;
  /** How often it ended a worker on which it ran alone. */
  readonly crashes: number;
}

/** What a refusal counts as: the handler threw, the worker died while the task ran alone, or nobody's fault. */
export type Fault = 'failure' | 'crash' | 'none';

/** A delivery that is given back, and how that counts. */
export interface Refusal {
  /** The delivery. */
  readonly receipt: Receipt;
  /** Whose fault it was. */
  readonly fault: Fault;
  /** When it may be given out again, from now. */
  readonly delayMs: number;
  /** Failures and crashes, this one included, at which it is dead-lettered instead; 0 does so at once. */
  readonly attemptsMax: number;
  /** Why, kept with a dead letter. */
  readonly reason: string;
  /** Kept in the same step, if this makes it a dead letter. */
  readonly answer?: Answer | undefined;
}

/** A message that is not given out any more. */
export interface DeadLetter {
  /** Its name. */
  readonly id: MessageId;
  /** The message as it was published. */
  readonly envelope: Envelope;
  /** How often its handler threw. */
  readonly failures: number;
  /** How often it ended a worker on which it ran alone. */
  readonly crashes: number;
  /** Why, in one line: that of the last refusal, or the broker's own. */
  readonly reason: string;
}

/** Where the messages are that a queue holds: the four add up to all of them. */
export interface QueueDepth {
  /** Can be given out now. */
  readonly ready: number;
  /** Waiting for nothing but a delay, their own or that of a refusal. */
  readonly delayed: number;
  /** Waiting behind an unsettled message of the same ordering key, whatever is left of their own delay. */
  readonly heldBack: number;
  /** Given out under a lease and not settled. */
  readonly inFlight: number;
}

/** How a broker is closed. */
export interface CloseRequest {
  /** Whether to wait until everything is settled. */
  readonly drain: boolean;
  /** How long to wait at most, from now. */
  readonly deadlineMs: number;
}

/** Messages acked or dead-lettered during the drain; given back to where they survive; lost with the broker. */
export interface CloseReport {
  /** Acked or dead-lettered while it waited. */
  readonly drained: number;
  /** Kept where they survive; they are there when the broker is opened again. */
  readonly returned: number;
  /** Lost with a broker that keeps nothing. */
  readonly abandoned: number;
}
