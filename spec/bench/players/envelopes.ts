import { type Envelope, messageId } from '../../../lib/core/message.js';
import { isFields } from '../../../lib/core/parse.js';
import { decode, encode } from '../../../lib/core/value.js';
import { testEnvelope } from '../../../lib/testing/envelopes.js';
import { PADDING } from './work.js';

/** Message number `n` of a producer; with `ownId` its caller has named it, and it is known by the dedupe window. */
export function envelopeOf(producer: string, n: number, ownId = false): Envelope {
  const envelope = testEnvelope(n, { producer, payload: encode({ n, padding: PADDING }) });
  return ownId ? { ...envelope, id: messageId(`${producer}-own-${n}`) } : envelope;
}

/** The number back from the payload. */
export function numberOf({ payload }: Envelope): number {
  const value = decode(payload);
  return isFields(value) ? Number(value.n) : Number.NaN;
}
