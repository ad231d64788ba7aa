import type { Envelope } from '../../core/message.js';
import { isFields } from '../../core/parse.js';

/*
 * A message as it lies in a Ray queue: a line that names it, and its envelope as JSON.
 *
 *     17 ray-V1StGXR8_Z5j\n{"v":1,"id":…}
 */

/** Names are short: further on nobody looks for the end of one. */
const NAME_BYTES_MAX = 128;

/** A message out of a Ray queue. */
export interface RayItem {
  /** Its place in the queue of the session that has put it. */
  readonly seq: number;
  readonly session: string;
  readonly envelope: () => Envelope;
}

/** The line that begins the message of that seq. */
export function itemName(seq: number, session: string): string {
  return `${seq} ${session}\n`;
}

export function encodeItem(seq: number, session: string, envelope: Envelope): Buffer {
  return Buffer.from(itemName(seq, session) + JSON.stringify(envelope));
}

/** Whether the bytes are the message of that name. */
export function isItem(bytes: Buffer, name: string): boolean {
  return bytes.toString('latin1', 0, name.length) === name;
}

/** Takes apart what some session has put; undefined for what is no message. */
export function decodeItem(bytes: Buffer): RayItem | undefined {
  const end = bytes.indexOf('\n');
  if (end < 0 || end > NAME_BYTES_MAX) return undefined;
  const [seq, session] = bytes.toString('utf8', 0, end).split(' ');
  const text = bytes.toString('utf8', end + 1);
  if (session === undefined || !Number.isSafeInteger(Number(seq)) || !isEnvelope(text)) return undefined;
  return { seq: Number(seq), session, envelope: () => envelopeIn(text) };
}

/** JSON leaves out what is undefined. The other side is a release of this package, so that its text has this shape. */
function envelopeIn(text: string): Envelope {
  const envelope = parsed(text) as Envelope;
  return { ...envelope, orderingKey: envelope.orderingKey };
}

function isEnvelope(text: string): boolean {
  const value = parsed(text);
  return isFields(value) && typeof value.id === 'string' && typeof value.payload === 'string';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
