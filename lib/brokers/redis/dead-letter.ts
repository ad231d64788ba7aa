import { type Envelope, messageId, PRIORITY_DEFAULT } from '../../core/message.js';
import type { DeadLetter } from '../contract.js';
import { rawEnvelope } from '../raw-envelope.js';
import { decodeLetter } from './entry.js';
import { fieldOf, type StreamEntry } from './reply.js';

/** A dead letter as `bury` in `queue.lua` writes it. What was no message is one of its raw bytes. */
export function letterOf(entry: StreamEntry): DeadLetter {
  const text = fieldOf(entry, 'e');
  const raw = fieldOf(entry, 'raw');
  const name = fieldOf(entry, 'id') ?? entry.id;
  const bytes = raw === undefined ? Buffer.from(text ?? '') : Buffer.from(raw, 'hex');
  const envelope = (text === undefined ? undefined : decodeLetter(text)) ?? rawLetter(name, bytes);
  return {
    id: envelope.id,
    envelope,
    failures: Number(fieldOf(entry, 'f') ?? envelope.failures),
    crashes: Number(fieldOf(entry, 'c') ?? envelope.crashes),
    reason: fieldOf(entry, 'reason') ?? '',
  };
}

function rawLetter(name: string, bytes: Uint8Array): Envelope {
  const id = messageId(`raw:${name}`);
  return rawEnvelope({ id, producer: 'raw', queue: '', priority: PRIORITY_DEFAULT }, bytes);
}
