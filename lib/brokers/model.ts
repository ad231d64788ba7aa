import type { CloseRequest, ReceiveRequest } from './contract.js';
import { publish } from './model-publish.js';
import { depthOf, readyFresh } from './model-ready.js';
import { ack, extend, nack, settleEach, untimed } from './model-settle.js';
import {
  type BrokerCommand,
  type BrokerOutput,
  type BrokerState,
  type BrokerStep,
  type ModelFresh,
  type ModelMessage,
  type ModelWaiter,
  size,
} from './model-state.js';

/*
 * The broker contract of one queue as a pure state machine: obviously right before fast. Nothing here but data,
 * and no clock: whatever waits says how long yet, and what was never given out how long already, so that two
 * moments of the same situation are the same state.
 */

export { depthOf } from './model-ready.js';
export {
  type BrokerCommand,
  type BrokerOutput,
  type BrokerState,
  type BrokerStep,
  initial,
  type ModelLimits,
} from './model-state.js';

/** One command, and all that follows from it at once. */
export function step(state: BrokerState, command: BrokerCommand): BrokerStep {
  if (command.type === 'advance') return advance(state, command.byMs);
  if (isRefused(state, command)) return { state, outputs: [{ type: 'rejected', code: 'ShuttingDown' }] };
  const { state: after, outputs } = obey(state, command);
  return followUp(after, outputs);
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

// --- receive

function receive(state: BrokerState, call: number, request: ReceiveRequest): BrokerStep {
  if (depthOf(state).ready > 0 || request.waitMs <= 0) return give(state, call, request);
  return {
    state: { ...state, waiters: [...state.waiters, { call, request, leftMs: request.waitMs }] },
    outputs: [],
  };
}

/** Gives out up to `max`: first what came back, then what is fresh and ready. */
function give(state: BrokerState, call: number, request: ReceiveRequest): BrokerStep {
  const fresh = readyFresh(state, request.ageingMs).map(delivered);
  const given = [...state.returned, ...fresh].slice(0, request.max).map((message) => {
    const deliveries = message.deliveries + 1;
    return { ...message, deliveries, token: `${request.consumer}#${deliveries}`, leftMs: request.leaseMs };
  });
  const isGiven = ({ seq }: ModelMessage) => given.some((message) => message.seq === seq);
  const after = {
    ...state,
    returned: state.returned.filter((message) => !isGiven(message)),
    fresh: state.fresh.filter((message) => !isGiven(message)),
    timed: [...state.timed, ...given],
  };
  const deliveries = given.map(({ leftMs: _, ...delivery }) => delivery);
  return { state: after, outputs: [{ type: 'received', call, deliveries }] };
}

function delivered({ leftMs: _leftMs, waitedMs: _waitedMs, ...message }: ModelFresh): ModelMessage {
  return message;
}

// --- time

/** Goes from one instant at which something is due to the next, and does at each what is due there. */
function advance(state: BrokerState, byMs: number): BrokerStep {
  if (state.phase === 'closed') return { state, outputs: [] };
  const untilNextMs = Math.min(
    ...[...state.timed, ...state.waiters, ...state.fresh.filter(isDelayed)].map(({ leftMs }) => leftMs),
    state.phase === 'draining' ? state.drainLeftMs : Number.POSITIVE_INFINITY,
  );
  if (untilNextMs > byMs) return { state: pass(state, byMs), outputs: [] };
  const now = arrive(pass(state, untilNextMs));
  const later = advance(now.state, byMs - untilNextMs);
  return { state: later.state, outputs: [...now.outputs, ...later.outputs] };
}

function isDelayed({ leftMs }: ModelFresh): boolean {
  return leftMs > 0;
}

function pass(state: BrokerState, byMs: number): BrokerState {
  const age = <T extends { readonly leftMs: number }>(item: T): T => ({
    ...item,
    leftMs: item.leftMs - byMs,
  });
  return {
    ...state,
    fresh: state.fresh.map((message) => ({
      ...message,
      leftMs: Math.max(0, message.leftMs - byMs),
      waitedMs: message.waitedMs + byMs,
    })),
    timed: state.timed.map(age),
    ids: state.ids.map(age).filter(({ leftMs }) => leftMs > 0),
    waiters: state.waiters.map(age),
    drainLeftMs: state.phase === 'draining' ? state.drainLeftMs - byMs : 0,
  };
}

/** At one instant: messages come back or become ready, receivers are served, then those go whose wait is over, then the drain ends. */
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
