import { ConclaveError, isConclaveError } from '../core/errors.js';
import { reasonOf } from '../sqlite/result-codes.js';

/** What messages to people call it. */
export const CLAIM_STORE = 'claim store';

/** An error of the driver as an operating error; anything else, a fault of ours among it, as it came. */
export function storeError(thrown: unknown, name: string): unknown {
  const reason = isConclaveError(thrown) ? undefined : reasonOf(thrown, CLAIM_STORE);
  return reason === undefined ? thrown : storeUnavailable(name, reason, thrown);
}

/** A claim store that cannot be used, and why, in one line. */
export function storeUnavailable(name: string, reason: string, cause?: unknown): ConclaveError {
  const options = cause === undefined ? undefined : { cause };
  return new ConclaveError('StoreUnavailable', `The claim store ${name} is unavailable: ${reason}.`, options);
}
