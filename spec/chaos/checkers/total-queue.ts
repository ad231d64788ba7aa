import { type Given, groupBy, type History, maySettle, type PublishTry } from '../history.js';

/** What became of the messages of a drained queue: Jepsen's total-queue, for a queue with redelivery. */
export interface TotalQueue {
  /** Messages that anybody tried to publish. */
  readonly attempted: number;
  /** Messages that a publish has resolved as accepted, or as accepted before. */
  readonly accepted: number;
  /** Deliveries, redeliveries included. */
  readonly deliveries: number;
  /** Accepted, and nobody has settled them, though the queue is empty. */
  readonly lost: readonly string[];
  /** Delivered, though nobody tried to publish them, or each try was refused for certain. */
  readonly unexpected: readonly string[];
  /** In two places of the queue at once, or delivered again after a settlement that counted had been answered. */
  readonly duplicated: readonly string[];
  /** Nobody knew whether they were accepted, and they were delivered. */
  readonly recovered: readonly string[];
}

/** Of a queue that was drained to the end: whatever is in it still counts as lost. */
export function checkTotalQueue(history: History): TotalQueue {
  const tries = groupBy(history.published, ({ id }) => id);
  const given = groupBy(history.given, ({ id }) => id);
  const settled = new Set(history.settled.filter(maySettle).map(({ id }) => id));
  const accepted = [...tries].filter(([, of]) => of.some(wasAccepted)).map(([id]) => id);
  return {
    attempted: tries.size,
    accepted: accepted.length,
    deliveries: history.given.length,
    lost: accepted.filter((id) => !settled.has(id)),
    unexpected: [...given.keys()].filter((id) => (tries.get(id) ?? []).every(wasRefused)),
    duplicated: duplicates(history, given),
    recovered: [...given.keys()].filter((id) => isUnresolved(tries.get(id) ?? [])),
  };
}

function wasAccepted({ outcome }: PublishTry): boolean {
  return outcome === 'accepted' || outcome === 'duplicate';
}

function wasRefused({ outcome }: PublishTry): boolean {
  return outcome === 'full' || outcome === 'too-large';
}

function isUnresolved(tries: readonly PublishTry[]): boolean {
  return !tries.some(wasAccepted) && tries.some(({ outcome }) => outcome === 'unknown');
}

function duplicates(history: History, given: ReadonlyMap<string, readonly Given[]>): string[] {
  const settledUs = new Map<string, number>();
  for (const settling of history.settled) {
    if (settling.toUs === undefined || settling.outcome === 'unknown' || !maySettle(settling)) continue;
    settledUs.set(
      settling.id,
      Math.min(settling.toUs, settledUs.get(settling.id) ?? Number.POSITIVE_INFINITY),
    );
  }
  return [...given]
    .filter(([id, of]) => {
      const endedUs = settledUs.get(id) ?? Number.POSITIVE_INFINITY;
      return new Set(of.map(({ seq }) => seq)).size > 1 || of.some(({ fromUs }) => fromUs > endedUs);
    })
    .map(([id]) => id);
}
