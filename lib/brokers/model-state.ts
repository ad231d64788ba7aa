import type { ErrorCode } from '../core/errors.js';
import type { Limits } from '../core/limits.js';
import type { Envelope, MessageId } from '../core/message.js';
import type {
  Acknowledgement,
  Answer,
  BrokerCapabilities,
  CloseReport,
  CloseRequest,
  DeadLetter,
  Delivery,
  PublishOutcome,
  Receipt,
  ReceiveRequest,
  Refusal,
  RefusalOutcome,
  SettleOutcome,
} from './contract.js';

/** The bounds that the contract is about. */
export type ModelLimits = Pick<
  Limits,
  | 'queueDepthMax'
  | 'queueBytesMax'
  | 'payloadBytesMax'
  | 'dedupeWindowMs'
  | 'dedupeIdsMax'
  | 'producersMax'
  | 'refusalsMax'
  | 'deadLettersMax'
  | 'resultTtlMs'
  | 'resultsMax'
  | 'resultBytesMax'
>;

/** What a broker may do without: what it cannot keep, it ignores. */
export type ModelCapabilities = Pick<
  BrokerCapabilities,
  'durable' | 'orderedByKey' | 'delayed' | 'priorities' | 'shared'
>;

/** A message that was given out before, with its counts so far. */
export interface ModelMessage {
  readonly seq: number;
  readonly envelope: Envelope;
  readonly deliveries: number;
  readonly failures: number;
  readonly crashes: number;
  /** How often it had been given out when it was last refused: what is on record; undefined if it never was. */
  readonly refusedAt: number | undefined;
  /** How long it has been here; past its first delivery that matters to a durable broker alone, and stays 0 with others. */
  readonly waitedMs: number;
}

/** A message that was never given out, and what is left of its delay. */
export interface ModelFresh extends ModelMessage {
  readonly leftMs: number;
}

/** A message that is out under a lease (`token`), or that was refused with a delay (no token). */
export interface ModelTimed extends ModelMessage {
  readonly token: string | undefined;
  readonly leftMs: number;
}

/** What a receive asks for, as data: that its signal has aborted is a command of its own. */
export type ModelRequest = Omit<ReceiveRequest, 'signal'>;

/** A receive that waits for its answer. */
export interface ModelWaiter {
  readonly call: number;
  readonly request: ModelRequest;
  readonly leftMs: number;
}

/** An answer on the shelf; places are given in order, from 1. */
export interface ModelAnswer {
  readonly answer: Answer;
  readonly place: number;
  readonly leftMs: number;
}

/** A read of answers, past the place that was read last. */
export interface ModelRead {
  readonly call: number;
  readonly asker: string;
  readonly place: number;
  readonly max: number;
}

/** A read that waits for its answer. */
export interface ModelReader extends ModelRead {
  readonly leftMs: number;
}

/** A producer as remembered; the list of them ends with the one heard of last. */
export interface ModelProducer {
  readonly name: string;
  /** The largest seq accepted; undefined before the first. */
  readonly mark: number | undefined;
  readonly refused: readonly number[];
}

/** All there is to know of a broker of one queue, as plain data. */
export interface BrokerState {
  readonly limits: ModelLimits;
  readonly capabilities: ModelCapabilities;
  readonly phase: 'open' | 'draining' | 'closed';
  readonly accepted: number;
  /** Never given out, in order of acceptance. */
  readonly fresh: readonly ModelFresh[];
  /** Given back, in the order in which they came back. */
  readonly returned: readonly ModelMessage[];
  /** In flight, or refused with a delay. */
  readonly timed: readonly ModelTimed[];
  readonly deadLetters: readonly DeadLetter[];
  readonly producers: readonly ModelProducer[];
  readonly ids: readonly { readonly id: string; readonly leftMs: number }[];
  readonly waiters: readonly ModelWaiter[];
  /** Kept answers, oldest first. */
  readonly answers: readonly ModelAnswer[];
  /** The place of the last answer kept. */
  readonly place: number;
  readonly readers: readonly ModelReader[];
  /** How often the broker was opened again with the death of its lease holders: older tokens are good no more. */
  readonly openings: number;
  /** While draining: how long yet, and how many were settled so far. */
  readonly drainLeftMs: number;
  readonly drained: number;
  readonly report: CloseReport | undefined;
}

/** Whether those who hold leases live on when the broker dies and is opened again, or are dead with it. */
export type LeaseHolders = 'alive' | 'dead';

/** What can be asked of a broker, and the passing of time. `call` names a receive, whose answer may come later. */
export type BrokerCommand =
  | { readonly type: 'publish'; readonly envelopes: readonly Envelope[] }
  | { readonly type: 'receive'; readonly call: number; readonly request: ModelRequest }
  | { readonly type: 'ack'; readonly receipts: readonly Acknowledgement[] }
  | { readonly type: 'extend'; readonly receipts: readonly Receipt[]; readonly leaseMs: number }
  | { readonly type: 'nack'; readonly refusals: readonly Refusal[] }
  | ({ readonly type: 'read'; readonly waitMs: number } & ModelRead)
  | { readonly type: 'find'; readonly id: MessageId }
  /** The signal of that receive or read has aborted. */
  | { readonly type: 'callOff'; readonly call: number }
  | { readonly type: 'advance'; readonly byMs: number }
  | { readonly type: 'reopen'; readonly holders: LeaseHolders }
  | { readonly type: 'close'; readonly request: CloseRequest };

/** What a broker answers, to the command at hand or to one that waited. */
export type BrokerOutput =
  | { readonly type: 'published'; readonly outcomes: readonly PublishOutcome[] }
  | { readonly type: 'received'; readonly call: number; readonly deliveries: readonly Delivery[] }
  | { readonly type: 'settled'; readonly outcomes: readonly (SettleOutcome | RefusalOutcome)[] }
  | {
      readonly type: 'read';
      readonly call: number;
      readonly answers: readonly Answer[];
      readonly place: number;
    }
  | { readonly type: 'found'; readonly answer: Answer | undefined }
  | { readonly type: 'closed'; readonly report: CloseReport }
  | { readonly type: 'rejected'; readonly code: ErrorCode };

/** What a command leads to. */
export interface BrokerStep {
  readonly state: BrokerState;
  readonly outputs: readonly BrokerOutput[];
}

/** A broker that has just been opened, and can do this. */
export function initial(limits: ModelLimits, capabilities: ModelCapabilities): BrokerState {
  const { durable, orderedByKey, delayed, priorities, shared } = capabilities;
  return {
    limits,
    capabilities: { durable, orderedByKey, delayed, priorities, shared },
    phase: 'open',
    accepted: 0,
    fresh: [],
    returned: [],
    timed: [],
    deadLetters: [],
    producers: [],
    ids: [],
    waiters: [],
    answers: [],
    place: 0,
    readers: [],
    openings: 0,
    drainLeftMs: 0,
    drained: 0,
    report: undefined,
  };
}

/** The last `max` of a list. */
export function latest<Item>(items: readonly Item[], max: number): readonly Item[] {
  return items.slice(Math.max(0, items.length - max));
}

/** Messages the queue holds, however they wait. */
export function size(state: BrokerState): number {
  return state.fresh.length + state.returned.length + state.timed.length;
}

/** Payload bytes the queue holds. */
export function sizeBytes(state: BrokerState): number {
  return [...state.fresh, ...state.returned, ...state.timed]
    .map(({ envelope }) => textBytes(envelope.payload))
    .reduce((sum, bytes) => sum + bytes, 0);
}

/** Bytes of encoded text. */
export function textBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The state with one more dead letter; the oldest goes when there are too many. */
export function bury(state: BrokerState, letter: DeadLetter): BrokerState {
  return { ...state, deadLetters: latest([...state.deadLetters, letter], state.limits.deadLettersMax) };
}
