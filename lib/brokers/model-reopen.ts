import { untimed } from './model-settle.js';
import type { BrokerState, LeaseHolders, ModelMessage } from './model-state.js';

/**
 * The death of the queue, and what is there when it is opened again. Whoever waited is gone. Where the holders of
 * the leases are dead too, what was out comes back at once; of what was given out only refusals are on record.
 */
export function reopen(state: BrokerState, holders: LeaseHolders): BrokerState {
  const opened: BrokerState = {
    ...state,
    phase: 'open',
    waiters: [],
    readers: [],
    drainLeftMs: 0,
    drained: 0,
    report: undefined,
  };
  return holders === 'alive' ? opened : { ...recovered(opened), openings: state.openings + 1 };
}

function recovered(state: BrokerState): BrokerState {
  const backingOff = state.timed.filter(({ token }) => token === undefined);
  const inFlight = state.timed.filter(({ token }) => token !== undefined).map(untimed);
  const out = [...state.returned, ...inFlight].sort((left, right) => left.seq - right.seq);
  const fresh = [
    ...state.fresh,
    ...out
      .filter((message) => !isOnRecord(message))
      .map((message) => ({ ...asRecorded(message), leftMs: 0 })),
  ];
  return {
    ...state,
    fresh: fresh.sort((left, right) => left.seq - right.seq),
    returned: out.filter(isOnRecord).map(asRecorded),
    timed: backingOff,
  };
}

function isOnRecord({ refusedAt }: ModelMessage): boolean {
  return refusedAt !== undefined;
}

function asRecorded(message: ModelMessage): ModelMessage {
  return { ...message, deliveries: message.refusedAt ?? message.envelope.deliveries };
}
