import type { Delivery } from '../../brokers/contract.js';
import type { Verdict } from '../chunks/unpacking.js';
import type { Failure } from './settlement.js';

/** What came from the broker, by what becomes of it. */
export interface Received {
  /** They may run in company. */
  readonly wanted: readonly Delivery[];
  /** Each runs alone: it never again shares a batch. */
  readonly suspects: readonly Delivery[];
  /** Known to have failed, as tasks of a chunk. */
  readonly failed: readonly Failure[];
  /** The same, for having killed a worker. */
  readonly crashed: readonly Failure[];
  /** Nobody waits for these any more. */
  readonly unwanted: readonly Delivery[];
}

export interface ReceivedReader {
  readonly isWanted: (delivery: Delivery) => boolean;
  /** What is known of a task that was in a chunk before. */
  readonly verdictOf: (delivery: Delivery) => Verdict | undefined;
}

/** Says what becomes of each delivery. */
export function sortReceived(deliveries: readonly Delivery[], reader: ReceivedReader): Received {
  const [wanted, suspects, unwanted]: [Delivery[], Delivery[], Delivery[]] = [[], [], []];
  const [failed, crashed]: [Failure[], Failure[]] = [[], []];
  for (const delivery of deliveries) {
    const verdict = reader.verdictOf(delivery);
    if (!reader.isWanted(delivery)) unwanted.push(delivery);
    else if (verdict === 'suspect' || (verdict === undefined && delivery.crashes > 0))
      suspects.push(delivery);
    else if (verdict === undefined) wanted.push(delivery);
    else (verdict.fault === 'crash' ? crashed : failed).push({ delivery, error: verdict.error });
  }
  return { wanted, suspects, failed, crashed, unwanted };
}
