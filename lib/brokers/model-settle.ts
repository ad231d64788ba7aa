import type { Acknowledgement, Receipt, Refusal, RefusalOutcome, SettleOutcome } from './contract.js';
import { keepAnswer } from './model-answers.js';
import {
  type BrokerState,
  type BrokerStep,
  bury,
  type ModelMessage,
  type ModelTimed,
} from './model-state.js';

/** What settling one delivery leads to. */
export interface Settlement<Outcome> {
  readonly state: BrokerState;
  readonly outcome: Outcome;
}

/** Settles one after the other, collecting the outcomes by position. */
export function settleEach<Item>(
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

export function ack(state: BrokerState, receipt: Acknowledgement): Settlement<SettleOutcome> {
  const message = inFlight(state, receipt);
  if (message === undefined) return { state, outcome: 'stale' };
  const after = { ...without(state, message), drained: drainedBy(state, 1) };
  return { state: keepAnswer(after, receipt.answer), outcome: 'ok' };
}

export function extend(state: BrokerState, receipt: Receipt, leaseMs: number): Settlement<SettleOutcome> {
  const message = inFlight(state, receipt);
  if (message === undefined) return { state, outcome: 'stale' };
  const others = without(state, message);
  return { state: { ...others, timed: [...others.timed, { ...message, leftMs: leaseMs }] }, outcome: 'ok' };
}

export function nack(state: BrokerState, refusal: Refusal): Settlement<RefusalOutcome> {
  const message = inFlight(state, refusal.receipt);
  if (message === undefined) return { state, outcome: 'stale' };
  const others = without(state, message);
  const failures = message.failures + (refusal.fault === 'failure' ? 1 : 0);
  const crashes = message.crashes + (refusal.fault === 'crash' ? 1 : 0);
  if (failures + crashes >= refusal.attemptsMax) {
    const { envelope } = message;
    const buried = bury(others, { id: envelope.id, envelope, failures, crashes, reason: refusal.reason });
    const after = { ...buried, drained: drainedBy(state, 1) };
    return { state: keepAnswer(after, refusal.answer), outcome: 'dead-lettered' };
  }
  const leftMs = state.capabilities.delayed ? refusal.delayMs : 0;
  const refusedAt = message.deliveries;
  const refused = { ...message, failures, crashes, refusedAt, token: undefined, leftMs };
  if (leftMs > 0) {
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

export function untimed({ token: _token, leftMs: _leftMs, ...message }: ModelTimed): ModelMessage {
  return message;
}

function drainedBy(state: BrokerState, count: number): number {
  return state.phase === 'draining' ? state.drained + count : 0;
}
