import type { Envelope } from '../core/message.js';
import type { Due } from './due-heap.js';

/**
 * A message of which a queue has to know more than what it was published as: one with a key or a delay, and any that
 * came back. All the others have no object of their own.
 */
export class Held implements Due {
  readonly seq: number;
  readonly envelope: Envelope;
  readonly acceptedMs: number;
  deliveries: number;
  failures: number;
  crashes: number;
  /** When it may be given out, for the first time or again. */
  dueMs: number;
  heapAt = -1;

  /** One that was never given out here. */
  constructor(seq: number, envelope: Envelope, acceptedMs: number) {
    this.seq = seq;
    this.envelope = envelope;
    this.acceptedMs = acceptedMs;
    this.deliveries = envelope.deliveries;
    this.failures = envelope.failures;
    this.crashes = envelope.crashes;
    // Not the time of acceptance where there is no delay: a fraction is a number on the heap, and most need none.
    this.dueMs = envelope.delayMs > 0 ? acceptedMs + envelope.delayMs : 0;
  }
}
