import type { ErrorCode } from '../core/errors.js';
import type { Limits } from '../core/limits.js';
import { ENVELOPE_VERSION, type Envelope, hasProducedId } from '../core/message.js';
import type {
  CloseReport,
  CloseRequest,
  DeadLetter,
  Delivery,
  PublishOutcome,
  QueueDepth,
  Receipt,
  ReceiveRequest,
  Refusal,
  RefusalOutcome,
  SettleOutcome,
} from './contract.js';

/*
 * The broker contract of one queue as a pure state machine: obviously right before fast. Nothing here but data,
 * and no clock: whatever waits says how long yet, so that two moments of the same situation are the same state.
 */

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

/** A message that can be given out, with its counts so far. */
export interface ModelMessage {
  readonly seq: number;
  readonly envelope: Envelope;
  readonly deliveries: number;
  readonly failures: number;
  readonly crashes: number;
}

/** A message that is out under a lease (`token`), or that waits for its delay to pass (no token). */
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
  readonly phase: 'open' | 'draining' | 'closed';
  readonly accepted: number;
  readonly fresh: readonly ModelMessage[];
  readonly returned: readonly ModelMessage[];
  /** In flight or delayed. */
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

/** A broker that has just been opened. */
export function initial(limits: ModelLimits): BrokerState {
  return {
    limits,
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

/** One command, and all that follows from it at once. */
export function step(state: BrokerState, command: BrokerCommand): BrokerStep {
  if (command.type === 'advance') return advance(state, command.byMs);
  if (isRefused(state, command)) return { state, outputs: [{ type: 'rejected', code: 'ShuttingDown' }] };
  const { state: after, outputs } = obey(state, command);
  return followUp(after, outputs);
}

/** The queue's depth, as the contract counts it. */
export function depthOf(state: BrokerState): QueueDepth {
  return {
    ready: state.fresh.length + state.returned.length,
    delayed: state.timed.filter((message) => message.token === undefined).length,
    inFlight: state.timed.filter((message) => message.token !== undefined).length,
  };
}

function isRefused(state: BrokerState, command: BrokerCommand): boolean {
  if (command.type === 'close') return false;
  return state.phase === 'closed' || (state.phase === 'draining' && command.type === 'publish');
}

function obey(state: BrokerState, command: Exclude<BrokerCommand, { type: 'advance' }>): BrokerStep {
  switch (command.type) {
    case 'publish':
      return publish(state, command.envelopes);
    case 'receive':
      return receive(state, command.call, command.request);
    case 'ack':
      return settleEach(state, command.receipts, ack);
    case 'extend':
      return settleEach(state, command.receipts, (each, receipt) => extend(each, receipt, command.leaseMs));
    case 'nack':
      return settleEach(state, command.refusals, nack);
    case 'close':
      return close(state, command.request);
  }
}

/** Waiting receivers are served in turn as far as there is something; a drain ends when nothing is left. */
function followUp(state: BrokerState, outputs: readonly BrokerOutput[]): BrokerStep {
  const [first, ...rest] = state.waiters;
  if (first !== undefined && depthOf(state).ready > 0) {
    const given = give({ ...state, waiters: rest }, first.call, first.request);
    return followUp(given.state, [...outputs, ...given.outputs]);
  }
  if (state.phase === 'draining' && size(state) === 0) return end(state, outputs);
  return { state, outputs };
}

// --- publish

function publish(state: BrokerState, envelopes: readonly Envelope[]): BrokerStep {
  let after = state;
  const outcomes: PublishOutcome[] = [];
  for (const envelope of envelopes) {
    const outcome = judge(after, envelope, outcomes.includes('full'));
    outcomes.push(outcome);
    if (outcome === 'accepted') after = accept(after, envelope);
    if (outcome === 'full' && hasProducedId(envelope)) after = rememberRefusal(after, envelope);
  }
  return { state: after, outputs: [{ type: 'published', outcomes }] };
}

function judge(state: BrokerState, envelope: Envelope, isFull: boolean): PublishOutcome {
  const { limits } = state;
  const bytes = payloadBytes(envelope);
  if (bytes > limits.payloadBytesMax) return 'too-large';
  if (isDuplicate(state, envelope)) return 'duplicate';
  if (isFull) return 'full';
  if (envelope.v !== ENVELOPE_VERSION) return 'accepted';
  if (size(state) + 1 > limits.queueDepthMax) return 'full';
  return sizeBytes(state) + bytes > limits.queueBytesMax ? 'full' : 'accepted';
}

function isDuplicate(state: BrokerState, envelope: Envelope): boolean {
  if (!hasProducedId(envelope)) return state.ids.some(({ id }) => id === envelope.id);
  const { mark, refused } = producerOf(state, envelope.producer);
  return mark !== undefined && envelope.seq <= mark && !refused.includes(envelope.seq);
}

function accept(state: BrokerState, envelope: Envelope): BrokerState {
  const accepted = state.accepted + 1;
  const after = { ...rememberAccepted(state, envelope), accepted };
  const { deliveries, failures, crashes } = envelope;
  if (envelope.v === ENVELOPE_VERSION) {
    return { ...after, fresh: [...after.fresh, { seq: accepted, envelope, deliveries, failures, crashes }] };
  }
  const reason = `envelope version ${envelope.v} is not ${ENVELOPE_VERSION}: it was published by another release`;
  return bury(after, { id: envelope.id, envelope, failures, crashes, reason });
}

function rememberAccepted(state: BrokerState, envelope: Envelope): BrokerState {
  if (!hasProducedId(envelope)) {
    const ids = [...state.ids, { id: envelope.id, leftMs: state.limits.dedupeWindowMs }];
    return { ...state, ids: latest(ids, state.limits.dedupeIdsMax) };
  }
  const { name, mark, refused } = producerOf(state, envelope.producer);
  return rememberProducer(state, {
    name,
    mark: Math.max(mark ?? envelope.seq, envelope.seq),
    refused: refused.filter((seq) => seq !== envelope.seq),
  });
}

function rememberRefusal(state: BrokerState, envelope: Envelope): BrokerState {
  const producer = producerOf(state, envelope.producer);
  const refused = [...producer.refused.filter((seq) => seq !== envelope.seq), envelope.seq];
  return rememberProducer(state, { ...producer, refused: latest(refused, state.limits.refusalsMax) });
}

function producerOf(state: BrokerState, name: string): ModelProducer {
  return state.producers.find((producer) => producer.name === name) ?? { name, mark: undefined, refused: [] };
}

function rememberProducer(state: BrokerState, producer: ModelProducer): BrokerState {
  const others = state.producers.filter(({ name }) => name !== producer.name);
  return { ...state, producers: latest([...others, producer], state.limits.producersMax) };
}

// --- receive

function receive(state: BrokerState, call: number, request: ReceiveRequest): BrokerStep {
  if (depthOf(state).ready > 0 || request.waitMs <= 0) return give(state, call, request);
  return {
    state: { ...state, waiters: [...state.waiters, { call, request, leftMs: request.waitMs }] },
    outputs: [],
  };
}

/** Gives out up to `max`: first what came back, then what is fresh. */
function give(state: BrokerState, call: number, request: ReceiveRequest): BrokerStep {
  const given = [...state.returned, ...state.fresh].slice(0, request.max).map((message) => {
    const deliveries = message.deliveries + 1;
    return { ...message, deliveries, token: `${request.consumer}#${deliveries}`, leftMs: request.leaseMs };
  });
  const after = {
    ...state,
    returned: state.returned.slice(given.length),
    fresh: state.fresh.slice(Math.max(0, given.length - state.returned.length)),
    timed: [...state.timed, ...given],
  };
  const deliveries = given.map(({ leftMs: _, ...delivery }) => delivery);
  return { state: after, outputs: [{ type: 'received', call, deliveries }] };
}

// --- ack, extend, nack

interface Settlement<Outcome> {
  readonly state: BrokerState;
  readonly outcome: Outcome;
}

function settleEach<Item>(
  state: BrokerState,
  items: readonly Item[],
  settle: (state: BrokerState, item: Item) => Settlement<RefusalOutcome>,
): BrokerStep {
  let after = state;
  const outcomes = items.map((item) => {
    const { state: next, outcome } = settle(after, item);
    after = next;
    return outcome;
  });
  return { state: after, outputs: [{ type: 'settled', outcomes }] };
}

function ack(state: BrokerState, receipt: Receipt): Settlement<SettleOutcome> {
  const message = inFlight(state, receipt);
  if (message === undefined) return { state, outcome: 'stale' };
  return { state: { ...without(state, message), drained: drainedBy(state, 1) }, outcome: 'ok' };
}

function extend(state: BrokerState, receipt: Receipt, leaseMs: number): Settlement<SettleOutcome> {
  const message = inFlight(state, receipt);
  if (message === undefined) return { state, outcome: 'stale' };
  const others = without(state, message);
  return { state: { ...others, timed: [...others.timed, { ...message, leftMs: leaseMs }] }, outcome: 'ok' };
}

function nack(state: BrokerState, refusal: Refusal): Settlement<RefusalOutcome> {
  const message = inFlight(state, refusal.receipt);
  if (message === undefined) return { state, outcome: 'stale' };
  const others = without(state, message);
  const failures = message.failures + (refusal.fault === 'failure' ? 1 : 0);
  const crashes = message.crashes + (refusal.fault === 'crash' ? 1 : 0);
  if (failures + crashes >= refusal.attemptsMax) {
    const { envelope } = message;
    const buried = bury(others, { id: envelope.id, envelope, failures, crashes, reason: refusal.reason });
    return { state: { ...buried, drained: drainedBy(state, 1) }, outcome: 'dead-lettered' };
  }
  const refused = { ...message, failures, crashes, token: undefined, leftMs: refusal.delayMs };
  if (refusal.delayMs > 0) {
    return { state: { ...others, timed: [...others.timed, refused] }, outcome: 'ok' };
  }
  return { state: { ...others, returned: [...others.returned, untimed(refused)] }, outcome: 'ok' };
}

function inFlight(state: BrokerState, receipt: Receipt): ModelTimed | undefined {
  return state.timed.find(({ seq, token }) => seq === receipt.seq && token === receipt.token);
}

function without(state: BrokerState, message: ModelTimed): BrokerState {
  return { ...state, timed: state.timed.filter((each) => each !== message) };
}

function untimed({ token: _token, leftMs: _leftMs, ...message }: ModelTimed): ModelMessage {
  return message;
}

function bury(state: BrokerState, letter: DeadLetter): BrokerState {
  return { ...state, deadLetters: latest([...state.deadLetters, letter], state.limits.deadLettersMax) };
}

function drainedBy(state: BrokerState, count: number): number {
  return state.phase === 'draining' ? state.drained + count : 0;
}

// --- time

/** Goes from one instant at which something is due to the next, and does at each what is due there. */
function advance(state: BrokerState, byMs: number): BrokerStep {
  if (state.phase === 'closed') return { state, outputs: [] };
  const untilNextMs = Math.min(
    ...[...state.timed, ...state.waiters].map(({ leftMs }) => leftMs),
    state.phase === 'draining' ? state.drainLeftMs : Number.POSITIVE_INFINITY,
  );
  if (untilNextMs > byMs) return { state: pass(state, byMs), outputs: [] };
  const now = arrive(pass(state, untilNextMs));
  const later = advance(now.state, byMs - untilNextMs);
  return { state: later.state, outputs: [...now.outputs, ...later.outputs] };
}

function pass(state: BrokerState, byMs: number): BrokerState {
  const age = <T extends { readonly leftMs: number }>(item: T): T => ({
    ...item,
    leftMs: item.leftMs - byMs,
  });
  return {
    ...state,
    timed: state.timed.map(age),
    ids: state.ids.map(age).filter(({ leftMs }) => leftMs > 0),
    waiters: state.waiters.map(age),
    drainLeftMs: state.phase === 'draining' ? state.drainLeftMs - byMs : 0,
  };
}

/** At one instant: messages come back, receivers are served, then those go whose wait is over, then the drain ends. */
function arrive(state: BrokerState): BrokerStep {
  const back = state.timed.filter(({ leftMs }) => leftMs <= 0).sort((left, right) => left.seq - right.seq);
  const served = followUp(
    {
      ...state,
      timed: state.timed.filter(({ leftMs }) => leftMs > 0),
      returned: [...state.returned, ...back.map(untimed)],
    },
    [],
  );
  const over = served.state.waiters.filter(({ leftMs }) => leftMs <= 0);
  const outputs = [...served.outputs, ...over.map(sentAway)];
  const after = { ...served.state, waiters: served.state.waiters.filter(({ leftMs }) => leftMs > 0) };
  return after.phase === 'draining' && after.drainLeftMs <= 0
    ? end(after, outputs)
    : { state: after, outputs };
}

function sentAway(waiter: ModelWaiter): BrokerOutput {
  return { type: 'received', call: waiter.call, deliveries: [] };
}

// --- close

function close(state: BrokerState, request: CloseRequest): BrokerStep {
  if (state.report !== undefined) return { state, outputs: [{ type: 'closed', report: state.report }] };
  const leftMs = request.drain ? request.deadlineMs : 0;
  const drainLeftMs = state.phase === 'draining' ? Math.min(state.drainLeftMs, leftMs) : leftMs;
  const draining: BrokerState = { ...state, phase: 'draining', drainLeftMs };
  return drainLeftMs <= 0 ? end(draining, []) : { state: draining, outputs: [] };
}

function end(state: BrokerState, outputs: readonly BrokerOutput[]): BrokerStep {
  const report = { drained: state.drained, returned: 0, abandoned: size(state) };
  return {
    state: { ...state, phase: 'closed', drainLeftMs: 0, waiters: [], report },
    outputs: [...outputs, ...state.waiters.map(sentAway), { type: 'closed', report }],
  };
}

// --- sizes

function latest<Item>(items: readonly Item[], max: number): readonly Item[] {
  return items.slice(Math.max(0, items.length - max));
}

function size(state: BrokerState): number {
  return state.fresh.length + state.returned.length + state.timed.length;
}

function sizeBytes(state: BrokerState): number {
  return [...state.fresh, ...state.returned, ...state.timed]
    .map(({ envelope }) => payloadBytes(envelope))
    .reduce((sum, bytes) => sum + bytes, 0);
}

function payloadBytes(envelope: Envelope): number {
  return new TextEncoder().encode(envelope.payload).length;
}
