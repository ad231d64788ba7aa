import { ENVELOPE_VERSION, type Envelope, NO_TRIES, producedId } from '../core/message.js';
import { encode } from '../core/value.js';

/** A small task as envelope number `seq` of a producer, for specs; whatever `fields` names is as it says there. */
export function testEnvelope(seq: number, fields: Partial<Envelope> = {}): Envelope {
  const producer = fields.producer ?? 'producer';
  return {
    v: ENVELOPE_VERSION,
    id: producedId(producer, seq),
    producer,
    seq,
    coalition: 'spec',
    queue: 'tasks',
    kind: 'task',
    agent: 'agent',
    orderingKey: undefined,
    priority: 4,
    delayMs: 0,
    tries: NO_TRIES,
    deliveries: 0,
    failures: 0,
    crashes: 0,
    enqueuedAtMs: 0,
    epoch: 1,
    headers: {},
    payload: encode(seq),
    ...fields,
  };
}

/** Envelopes `from` to `to` of one producer, both included. */
export function testEnvelopes(from: number, to: number, fields: Partial<Envelope> = {}): Envelope[] {
  return Array.from({ length: to - from + 1 }, (_, index) => testEnvelope(from + index, fields));
}
