import { strict as assert } from 'node:assert';
import { ENVELOPE_VERSION, type Envelope, PRIORITY_MAX } from '../core/message.js';
import type { ReceiveRequest } from './contract.js';

/** A priority or a delay that no release would write is a programming error. */
export function assertInRange({ priority, delayMs }: Envelope): void {
  const isPriority = Number.isInteger(priority) && priority >= 0 && priority <= PRIORITY_MAX;
  if (!isPriority)
    assert.fail(`an envelope of priority ${priority}: a whole number from 0 to ${PRIORITY_MAX}`);
  if (!(delayMs >= 0)) assert.fail(`an envelope delayed by ${delayMs} ms: 0 or more`);
}

/** Why an envelope of another version is a dead letter. */
export function unknownVersion(envelope: Envelope): string {
  return `envelope version ${envelope.v} is not ${ENVELOPE_VERSION}: it was published by another release`;
}

/** A request that could never be met is a programming error. */
export function assertReceivable({ max, leaseMs, ageingMs }: ReceiveRequest): void {
  assert(Number.isInteger(max) && max > 0, `receive of ${max}: max is 1 or more`);
  assertLasting(leaseMs);
  assert(isAgeing(ageingMs), `ageing by ${ageingMs} ms: more than 0, and finite`);
}

/** So is a lease that is over before it began. */
export function assertLasting(leaseMs: number): void {
  assert(leaseMs > 0, `a lease of ${leaseMs} ms: it must last`);
}

function isAgeing(ageingMs: number | undefined): boolean {
  return ageingMs === undefined || (ageingMs > 0 && ageingMs < Number.POSITIVE_INFINITY);
}
