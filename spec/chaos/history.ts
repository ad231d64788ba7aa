import type { PublishOutcome, RefusalOutcome } from '../../lib/brokers/contract.js';

/*
 * What a run of chaos did to one queue, gathered from the journals of all its processes. Times are microseconds of the
 * machine's monotonic clock, which all processes of one machine share: `fromUs` before the call, `toUs` after its
 * answer. What a process did not live to write down is `unknown`, and has no `toUs`.
 */

/**
 * Which opening of the broker it was, where each begins to count deliveries anew: what was out when the last one died
 * is given as if for the first time.
 */
interface OfOpening {
  readonly opening: string;
}

/** One try to publish one message. */
export interface PublishTry {
  readonly id: string;
  /** The producer's session, and the place of the message in it. */
  readonly producer: string;
  readonly place: number;
  readonly fromUs: number;
  readonly toUs: number | undefined;
  readonly outcome: PublishOutcome | 'unknown';
}

/** One delivery of one message. */
export interface Given extends OfOpening {
  readonly id: string;
  /** Acceptance order within the queue, as the broker says. */
  readonly seq: number;
  /** Which delivery of this message it is, from 1, as the broker says. */
  readonly deliveries: number;
  readonly key: string | undefined;
  readonly fromUs: number;
  readonly toUs: number;
}

/** One try to settle one delivery, or to give it back. */
export interface Settling extends OfOpening {
  readonly type: 'ack' | 'nack';
  readonly id: string;
  readonly deliveries: number;
  readonly fromUs: number;
  readonly toUs: number | undefined;
  readonly outcome: RefusalOutcome | 'unknown';
}

/** All of it; in no order. */
export interface History {
  readonly published: readonly PublishTry[];
  readonly given: readonly Given[];
  readonly settled: readonly Settling[];
}

/** Whether the message may be gone from the queue by this: it counted, or nobody knows. A give-back that counted keeps it. */
export function maySettle({ type, outcome }: Settling): boolean {
  if (outcome === 'unknown') return true;
  return type === 'ack' ? outcome === 'ok' : outcome === 'dead-lettered';
}

/** Things by what `nameOf` says of them, in the order in which they come. */
export function groupBy<Item>(items: readonly Item[], nameOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = nameOf(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
}
