import type { Receipt, Refusal } from '../../brokers/contract.js';

/** A refusal that counts for nobody, however often it comes. */
export function blameless(receipt: Receipt, reason: string, delayMs = 0): Refusal {
  return { receipt, fault: 'none', delayMs, attemptsMax: Number.POSITIVE_INFINITY, reason };
}
