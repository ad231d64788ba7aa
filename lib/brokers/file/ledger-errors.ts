import { ConclaveError, isConclaveError } from '../../core/errors.js';
import { reasonOf } from '../../sqlite/result-codes.js';

/** What messages to people call it. */
export const LEDGER = 'ledger';

/** An error of the driver as an operating error; anything else, a fault of ours among it, as it came. */
export function ledgerError(thrown: unknown, name: string): unknown {
  const reason = isConclaveError(thrown) ? undefined : reasonOf(thrown, LEDGER);
  return reason === undefined ? thrown : ledgerUnavailable(name, reason, thrown);
}

/** A ledger that cannot be used, and why, in one line. */
export function ledgerUnavailable(name: string, reason: string, cause?: unknown): ConclaveError {
  const options = cause === undefined ? undefined : { cause };
  return new ConclaveError(
    'BrokerUnavailable',
    `The ledger of the broker ${name} is unavailable: ${reason}.`,
    options,
  );
}

/** What the file holds is not what this release wrote. */
export function ledgerDamaged(name: string, what: string): ConclaveError {
  return ledgerUnavailable(name, `${what}, so the file is damaged; restore a copy or name another file`);
}
