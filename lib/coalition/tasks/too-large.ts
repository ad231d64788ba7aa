import type { Broker } from '../../brokers/contract.js';
import { ConclaveError } from '../../core/errors.js';
import type { Envelope } from '../../core/message.js';

/** The refusal of a message over the broker's limit, in words. */
export function tooLarge(envelope: Pick<Envelope, 'agent' | 'payload'>, broker: Broker): ConclaveError {
  return new ConclaveError(
    'MessageTooLarge',
    `A message for or of "${envelope.agent}" is ${Buffer.byteLength(envelope.payload)} bytes encoded; ${broker.name} ` +
      `takes at most ${broker.capabilities.payloadBytesMax} (payloadBytesMax). Send a reference to the data instead.`,
  );
}
