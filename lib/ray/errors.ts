import { ConclaveError } from '../core/errors.js';
import type { Fields } from '../core/parse.js';

/**
 * What went wrong on the other side of the bridge.
 * - `dead`: the actor that was called is dead, and everything in it is lost
 * - `full`, `empty`: the queue could not take or give as many as that, and nothing happened
 * - `closed`: the queue is not open in this bridge
 * - `missing`: a part of Ray is not installed
 * - `gone`: the bridge itself has ended; what was under way is unknown
 * - `late`: no answer in time; what was under way is unknown
 * - `failed`: anything else
 */
export type RayFaultKind = 'dead' | 'full' | 'empty' | 'closed' | 'missing' | 'gone' | 'late' | 'failed';

const KINDS: readonly string[] = ['dead', 'full', 'empty', 'closed', 'missing', 'gone', 'late'];
const CODES = { missing: 'DriverMissing', late: 'Timeout' } as const;

/** An operating error of the bridge: `BrokerUnavailable`, `Timeout` if no answer came, `DriverMissing`. */
export class RayFault extends ConclaveError {
  /** What went wrong. */
  readonly kind: RayFaultKind;

  constructor(kind: RayFaultKind, message: string) {
    super(kind === 'missing' || kind === 'late' ? CODES[kind] : 'BrokerUnavailable', message);
    this.kind = kind;
  }
}

/** The fault that an answer of the bridge tells. */
export function faultIn(op: string, error: Fields): RayFault {
  const kind = KINDS.find((known) => known === error.kind) ?? 'failed';
  return new RayFault(kind as RayFaultKind, `Ray refused ${op}: ${error.message} (${error.type}).`);
}
