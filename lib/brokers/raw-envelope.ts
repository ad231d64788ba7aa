import { ENVELOPE_VERSION, type Envelope, NO_TRIES } from '../core/message.js';
import { encode } from '../core/value.js';

/** What holds the raw bytes of something that is no message, so that it can be a dead letter. */
export function rawEnvelope(
  name: Pick<Envelope, 'id' | 'producer' | 'queue' | 'priority'>,
  bytes: Uint8Array,
): Envelope {
  return {
    v: ENVELOPE_VERSION,
    seq: 0,
    coalition: '',
    kind: 'task',
    agent: '',
    orderingKey: undefined,
    delayMs: 0,
    tries: NO_TRIES,
    deliveries: 0,
    failures: 0,
    crashes: 0,
    enqueuedAtMs: 0,
    epoch: 0,
    headers: {},
    payload: encode(new Uint8Array(bytes)),
    ...name,
  };
}
