import {
  ENVELOPE_VERSION,
  type Envelope,
  messageId,
  NO_TRIES,
  PRIORITY_DEFAULT,
} from '../../core/message.js';
import { encode } from '../../core/value.js';
import type { DeadLetter } from '../contract.js';
import { decodeLetter } from './entry.js';
import { fieldOf, type StreamEntry } from './reply.js';

/** A dead letter as `bury` in `queue.lua` writes it. What was no message is one of its raw bytes. */
export function letterOf(entry: StreamEntry): DeadLetter {
  const text = fieldOf(entry, 'e');
  const raw = fieldOf(entry, 'raw');
  const name = fieldOf(entry, 'id') ?? entry.id;
  const bytes = raw === undefined ? Buffer.from(text ?? '') : Buffer.from(raw, 'hex');
  const envelope = (text === undefined ? undefined : decodeLetter(text)) ?? rawEnvelope(name, bytes);
  return {
    id: envelope.id,
    envelope,
    failures: Number(fieldOf(entry, 'f') ?? envelope.failures),
    crashes: Number(fieldOf(entry, 'c') ?? envelope.crashes),
    reason: fieldOf(entry, 'reason') ?? '',
  };
}

function rawEnvelope(name: string, bytes: Uint8Array): Envelope {
  return {
    v: ENVELOPE_VERSION,
    id: messageId(`raw:${name}`),
    producer: 'raw',
    seq: 0,
    coalition: '',
    queue: '',
    kind: 'task',
    agent: '',
    orderingKey: undefined,
    priority: PRIORITY_DEFAULT,
    delayMs: 0,
    tries: NO_TRIES,
    deliveries: 0,
    failures: 0,
    crashes: 0,
    enqueuedAtMs: 0,
    epoch: 0,
    headers: {},
    payload: encode(new Uint8Array(bytes)),
  };
}
