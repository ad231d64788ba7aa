import type { Delivery } from '../../brokers/contract.js';
import { type Envelope, producedId } from '../../core/message.js';
import { encode } from '../../core/value.js';

/** Tells how many tasks a message carries. */
const HEADER = 'chunk';

/** What makes a message a chunk of so many tasks. */
export function chunkHeaders(count: number): Readonly<Record<string, string>> {
  return { [HEADER]: String(count) };
}

/**
 * How many tasks a message carries. One of several is a chunk: its payload is theirs in columns, and task `at` of it
 * has the sequence number `seq + at` of its producer, and the id that goes with that.
 */
export function tasksIn({ headers }: Pick<Envelope, 'headers'>): number {
  const count = headers[HEADER];
  return count === undefined ? 1 : Number(count);
}

/** Whether a message carries several tasks. */
export function isChunk({ headers }: Pick<Envelope, 'headers'>): boolean {
  return headers[HEADER] !== undefined;
}

/** Marks a task that this process publishes again of a chunk that another had left behind: nobody here waits for it. */
export const ADOPTED: Envelope['headers'] = Object.freeze({ adopted: '1' });

/** Whether a task is another's that this process publishes again. */
export function isAdopted({ headers }: Pick<Envelope, 'headers'>): boolean {
  return headers.adopted !== undefined;
}

/** Whether a message is, or carries, the task of that sequence number. */
export function carries({ envelope }: Pick<Delivery, 'envelope'>, seq: number): boolean {
  return seq >= envelope.seq && seq < envelope.seq + tasksIn(envelope);
}

/** One task of a chunk, as if it had been given out by itself. */
export function memberOf(chunk: Delivery, at: number, payload: unknown): Delivery {
  const { envelope } = chunk;
  const seq = envelope.seq + at;
  const member = {
    seq,
    id: producedId(envelope.producer, seq),
    headers: NO_HEADERS,
    payload: encode(payload),
  };
  return { ...chunk, envelope: { ...envelope, ...member } };
}

const NO_HEADERS: Envelope['headers'] = Object.freeze({});
