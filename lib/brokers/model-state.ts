import type { ErrorCode } from '../core/errors.js';
import type { Limits } from '../core/limits.js';
import type { Envelope } from '../core/message.js';
import type {
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
>;

/** What a broker may do without: what it cannot keep, it ignores. */
export type ModelCapabilities = Pick<BrokerCapabilities, 'orderedByKey' | 'delayed' | 'priorities'>;

/** A message that was given out before, with its counts so far. */
export interface ModelMessage {
  readonly seq: number;
  readonly envelope: Envelope;
  readonly deliveries: number;
  readonly failures: number;
  readonly crashes: number;
}

/** A message that was never given out: what is left of its delay, and how long it has been here. */
export interface ModelFresh extends ModelMessage {
  readonly leftMs: number;
  readonly waitedMs: number;
}

/** A message that is out under a lease (`token`), or that was refused with a delay (no token). */
export interface ModelTimed extends ModelMessage {
  readonly token: string | undefined;
  readonly leftMs: number;
}

/** A receive that waits for its answer. */
export interface ModelWaiter {
  readonly call: number;
  readonly request: ReceiveRequest;
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
  /** While draining: how long yet, and how many were settled so far. */
  readonly drainLeftMs: number;
  readonly drained: number;
  readonly report: CloseReport | undefined;
}

/** What can be asked of a broker, and the passing of time. `call` names a receive, whose answer may come later. */
export type BrokerCommand =
  | { readonly type: 'publish'; readonly envelopes: readonly Envelope[] }
  | { readonly type: 'receive'; readonly call: number; readonly request: ReceiveRequest }
  | { readonly type: 'ack'; readonly receipts: readonly Receipt[] }
  | { readonly type: 'extend'; readonly receipts: readonly Receipt[]; readonly leaseMs: number }
  | { readonly type: 'nack'; readonly refusals: readonly Refusal[] }
  | { readonly type: 'advance'; readonly byMs: number }
  | { readonly type: 'close'; readonly request: CloseRequest };

/** What a broker answers, to the command at hand or to one that waited. */
export type BrokerOutput =
  | { readonly type: 'published'; readonly outcomes: readonly PublishOutcome[] }
  | { readonly type: 'received'; readonly call: number; readonly deliveries: readonly Delivery[] }
  | { readonly type: 'settled'; readonly outcomes: readonly (SettleOutcome | RefusalOutcome)[] }
  | { readonly type: 'closed'; readonly report: CloseReport }
  | { readonly type: 'rejected'; readonly code: ErrorCode };

/** What a command leads to. */
export interface BrokerStep {
  readonly state: BrokerState;
  readonly outputs: readonly BrokerOutput[];
}

/** A broker that has just been opened, and can do this. */
export function initial(limits: ModelLimits, capabilities: ModelCapabilities): BrokerState {
  const { orderedByKey, delayed, priorities } = capabilities;
  return {
    limits,
    capabilities: { orderedByKey, delayed, priorities },
    phase: 'open',
    accepted: 0,
    fresh: [],
    returned: [],
    timed: [],
    deadLetters: [],
    producers: [],
    ids: [],
    waiters: [],
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
    .map(({ envelope }) => payloadBytes(envelope))
    .reduce((sum, bytes) => sum + bytes, 0);
}

/** Bytes of one payload, encoded. */
export function payloadBytes(envelope: Envelope): number {
  return new TextEncoder().encode(envelope.payload).length;
}

/** The state with one more dead letter; the oldest goes when there are too many. */
export function bury(state: BrokerState, letter: DeadLetter): BrokerState {
  return { ...state, deadLetters: latest([...state.deadLetters, letter], state.limits.deadLettersMax) };
}
