import type { CloseRequest } from './contract.js';
import { find, read, readEmpty, serveReaders } from './model-answers.js';
import { publish } from './model-publish.js';
import { readyFor } from './model-ready.js';
import { reopen } from './model-reopen.js';
import { ack, extend, nack, settleEach, untimed } from './model-settle.js';
import {
  type BrokerCommand,
  type BrokerOutput,
  type BrokerState,
  type BrokerStep,
  type ModelFresh,
  type ModelMessage,
  type ModelRequest,
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
  type LeaseHolders,
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
  if (command.type === 'close' || command.type === 'reopen' || command.type === 'callOff') return false;
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
    case 'read':
      return read(state, command, command.waitMs);
    case 'find':
      return find(state, command.id);
    case 'callOff':
      return callOff(state, command.call);
    case 'reopen':
      return { state: reopen(state, command.holders), outputs: [] };
    case 'close':
      return close(state, command.request);
  }
}

/** Waiting receivers and readers are served in turn as far as there is something; a drain ends when nothing is left. */
function followUp(state: BrokerState, outputs: readonly BrokerOutput[]): BrokerStep {
  const next = state.waiters.find(({ request }) => readyFor(state, request).length > 0);
  if (next !== undefined) {
    const waiters = state.waiters.filter((waiter) => waiter !== next);
    const given = give({ ...state, waiters }, next.call, next.request);
    return followUp(given.state, [...outputs, ...given.outputs]);
  }
  const served = serveReaders(state);
  const all = [...outputs, ...served.outputs];
  if (state.phase === 'draining' && size(state) === 0) return end(served.state, all);
  return { state: served.state, outputs: all };
}

// --- receive

function receive(state: BrokerState, call: number, request: ModelRequest): BrokerStep {
  if (request.waitMs <= 0 || readyFor(state, request).length > 0) return give(state, call, request);
  return {
    state: { ...state, waiters: [...state.waiters, { call, request, leftMs: request.waitMs }] },
    outputs: [],
  };
}

/** Gives out up to `max` of what is ready for it. */
function give(state: BrokerState, call: number, request: ModelRequest): BrokerStep {
  const given = readyFor(state, request)
    .slice(0, request.max)
    .map((message) => {
      const deliveries = message.deliveries + 1;
      const token = `${request.consumer}#${tokenMark(state)}${deliveries}`;
      return { ...message, waitedMs: isAgeKept(state) ? message.waitedMs : 0, deliveries, token };
    });
  const isGiven = ({ seq }: ModelMessage) => given.some((message) => message.seq === seq);
  const after = {
    ...state,
    returned: state.returned.filter((message) => !isGiven(message)),
    fresh: state.fresh.filter((message) => !isGiven(message)),
    timed: [...state.timed, ...given.map((message) => ({ ...message, leftMs: request.leaseMs }))],
  };
  const deliveries = given.map(({ refusedAt: _refusedAt, waitedMs: _waitedMs, ...delivery }) => delivery);
  return { state: after, outputs: [{ type: 'received', call, deliveries }] };
}

/** Who waits by that call waits no longer. */
function callOff(state: BrokerState, call: number): BrokerStep {
  const isIt = (waiting: { readonly call: number }) => waiting.call === call;
  return {
    state: {
      ...state,
      waiters: state.waiters.filter((waiter) => !isIt(waiter)),
      readers: state.readers.filter((reader) => !isIt(reader)),
    },
    outputs: [...state.waiters.filter(isIt).map(sentAway), ...state.readers.filter(isIt).map(readEmpty)],
  };
}

function tokenMark({ openings }: BrokerState): string {
  return openings === 0 ? '' : `${openings}.`;
}

/** Opened again, a durable broker may find a message undelivered that was out: its age goes on meanwhile. */
function isAgeKept({ capabilities }: BrokerState): boolean {
  return capabilities.durable;
}

// --- time

/** Goes from one instant at which something is due to the next, and does at each what is due there. */
function advance(state: BrokerState, byMs: number): BrokerStep {
  if (state.phase === 'closed' && !state.capabilities.durable) return { state, outputs: [] };
  const waiting = [...state.waiters, ...state.readers];
  const untilNextMs = Math.min(
    ...[...state.timed, ...waiting, ...state.fresh.filter(isDelayed)].map(({ leftMs }) => leftMs),
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
  const wait = <T extends ModelMessage>(message: T): T => ({
    ...message,
    waitedMs: message.waitedMs + byMs,
  });
  const keepAge = isAgeKept(state) ? wait : <T extends ModelMessage>(message: T): T => message;
  return {
    ...state,
    fresh: state.fresh.map(wait).map((message) => ({
      ...message,
      leftMs: Math.max(0, message.leftMs - byMs),
    })),
    returned: state.returned.map(keepAge),
    timed: state.timed.map(age).map(keepAge),
    ids: state.ids.map(age).filter(({ leftMs }) => leftMs > 0),
    answers: state.answers.map(age).filter(({ leftMs }) => leftMs > 0),
    waiters: state.waiters.map(age),
    readers: state.readers.map(age),
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
  const { waiters, readers } = served.state;
  const isOver = ({ leftMs }: { readonly leftMs: number }) => leftMs <= 0;
  const sent = [...waiters.filter(isOver).map(sentAway), ...readers.filter(isOver).map(readEmpty)];
  const outputs = [...served.outputs, ...sent];
  const after = {
    ...served.state,
    waiters: waiters.filter((waiter) => !isOver(waiter)),
    readers: readers.filter((reader) => !isOver(reader)),
  };
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

/** What is left over is given back where it survives, and lost where it does not. */
function end(state: BrokerState, outputs: readonly BrokerOutput[]): BrokerStep {
  const left = size(state);
  const { durable, shared } = state.capabilities;
  const report =
    durable || shared
      ? { drained: state.drained, returned: left, abandoned: 0 }
      : { drained: state.drained, returned: 0, abandoned: left };
  const sent = [...state.waiters.map(sentAway), ...state.readers.map(readEmpty)];
  return {
    state: { ...state, phase: 'closed', drainLeftMs: 0, waiters: [], readers: [], report },
    outputs: [...outputs, ...sent, { type: 'closed', report }],
  };
}
