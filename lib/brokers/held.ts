import type { Envelope } from '../core/message.js';
import type { Undelivered } from './first-deliveries.js';
import type { Leasable } from './lease-table.js';
import type { Acceptance } from './ready-lanes.js';

/** A message in a queue's keeping, wherever it is. */
export interface Held extends Leasable, Undelivered {
  readonly payloadBytes: number;
  dueMs: number;
  deliveries: number;
  failures: number;
  crashes: number;
}

/** A message that was never given out here. */
export function heldOf(seq: number, envelope: Envelope, payloadBytes: number, accepted: Acceptance): Held {
  const { deliveries, failures, crashes } = envelope;
  return {
    seq,
    envelope,
    payloadBytes,
    accepted,
    deliveries,
    failures,
    crashes,
    token: '',
    lease: undefined,
    leaseAt: -1,
    // Not the time of acceptance where there is no delay: a fraction is a number on the heap, and most need none.
    dueMs: envelope.delayMs > 0 ? accepted.atMs + envelope.delayMs : 0,
    heapAt: -1,
  };
}
