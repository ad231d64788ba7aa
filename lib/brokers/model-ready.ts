import type { QueueDepth } from './contract.js';
import type { BrokerState, ModelFresh, ModelMessage, ModelRequest } from './model-state.js';

/** The queue's depth, as the contract counts it. */
export function depthOf(state: BrokerState): QueueDepth {
  const fresh = state.fresh.map((message) => standing(state, message));
  const refused = state.timed.filter(({ token }) => token === undefined);
  return {
    ready: state.returned.length + fresh.filter((each) => each === 'ready').length,
    delayed: refused.length + fresh.filter((each) => each === 'delayed').length,
    heldBack: fresh.filter((each) => each === 'heldBack').length,
    inFlight: state.timed.length - refused.length,
  };
}

/** What this receive may be given, in the order in which it is: first what came back, then what is fresh and ready. */
export function readyFor(state: BrokerState, request: ModelRequest): readonly ModelMessage[] {
  const fresh = readyFresh(state, request.ageingMs).map(delivered);
  return [...state.returned, ...fresh].filter((message) => isMeantFor(state, request, message));
}

function isMeantFor(state: BrokerState, { agents }: ModelRequest, { envelope }: ModelMessage): boolean {
  return agents === undefined || !state.capabilities.shared || agents.includes(envelope.agent);
}

function delivered({ leftMs: _leftMs, ...message }: ModelFresh): ModelMessage {
  return message;
}

function readyFresh(state: BrokerState, ageingMs: number | undefined): readonly ModelFresh[] {
  return state.fresh
    .filter((message) => standing(state, message) === 'ready')
    .sort(
      (left, right) =>
        urgency(state, right, ageingMs) - urgency(state, left, ageingMs) || left.seq - right.seq,
    );
}

function standing(state: BrokerState, message: ModelFresh): 'ready' | 'delayed' | 'heldBack' {
  if (isHeldBack(state, message)) return 'heldBack';
  return message.leftMs > 0 ? 'delayed' : 'ready';
}

function isHeldBack(state: BrokerState, { seq, envelope }: ModelFresh): boolean {
  if (!state.capabilities.orderedByKey || envelope.orderingKey === undefined) return false;
  const unsettled = [...state.fresh, ...state.returned, ...state.timed];
  return unsettled.some((other) => other.envelope.orderingKey === envelope.orderingKey && other.seq < seq);
}

/** Priority, and the wait on top of it: both times `ageingMs`, so that whole milliseconds stay whole numbers. */
function urgency(state: BrokerState, message: ModelFresh, ageingMs: number | undefined): number {
  if (!state.capabilities.priorities) return 0;
  const { priority } = message.envelope;
  return ageingMs === undefined ? priority : priority * ageingMs + message.waitedMs;
}
