import { type Given, groupBy, type History, maySettle } from '../history.js';

/**
 * What came out of order, each as a line for people: messages of one producer accepted in another order than it
 * published them, a first delivery before that of an older message, a message given while an older one of its key
 * was unsettled. All messages have one priority and no delay.
 */
export function checkOrder(history: History): readonly string[] {
  return [...acceptances(history), ...openings(history).flatMap(firstDeliveries), ...keys(history)];
}

function acceptances(history: History): string[] {
  const seqs = new Map(history.given.map(({ id, seq }) => [id, seq]));
  const found: string[] = [];
  for (const [producer, tries] of groupBy(history.published, (published) => published.producer)) {
    const delivered = [...new Map(tries.map(({ id, place }) => [id, place]))]
      .flatMap(([id, place]) => ({ id, place, seq: seqs.get(id) ?? 0 }))
      .filter(({ seq }) => seq > 0)
      .sort((left, right) => left.place - right.place);
    delivered.forEach(({ id, seq }, at) => {
      const before = delivered[at - 1];
      if (before !== undefined && before.seq > seq)
        found.push(
          `${id}: accepted as ${seq}, before ${before.id} (${before.seq}) of the same producer ${producer}`,
        );
    });
  }
  return found;
}

function openings(history: History): Given[][] {
  return [...groupBy(history.given, ({ opening }) => opening).values()];
}

/** A message of no key is ready from its acceptance on: whoever got a younger one must have asked before it was gone. */
function firstDeliveries(given: readonly Given[]): string[] {
  const first = given.filter(({ deliveries }) => deliveries === 1);
  const answered = first.toSorted((left, right) => left.toUs - right.toUs);
  const asked = first
    .filter(({ key }) => key === undefined)
    .sort((left, right) => left.fromUs - right.fromUs);
  const found: string[] = [];
  let youngest: Given | undefined;
  let at = 0;
  for (const given of asked) {
    for (let other = answered[at]; other !== undefined && other.toUs < given.fromUs; other = answered[at]) {
      if (youngest === undefined || other.seq > youngest.seq) youngest = other;
      at += 1;
    }
    if (youngest !== undefined && youngest.seq > given.seq)
      found.push(`${given.id} (${given.seq}) was first given after ${youngest.id} (${youngest.seq})`);
  }
  return found;
}

/** An older message of the key must have been settled, or tried to, before a younger one was given. */
function keys(history: History): string[] {
  const settledUs = new Map<string, number>();
  for (const settling of history.settled.filter(maySettle))
    settledUs.set(
      settling.id,
      Math.min(settling.fromUs, settledUs.get(settling.id) ?? Number.POSITIVE_INFINITY),
    );
  const keyed = history.given.filter(({ key }) => key !== undefined);
  return [...groupBy(keyed, ({ key }) => `${key}`)].flatMap(([key, given]) => inTurn(key, given, settledUs));
}

function inTurn(key: string, given: readonly Given[], settledUs: ReadonlyMap<string, number>): string[] {
  const found: string[] = [];
  let before: { readonly seq: number; readonly id: string; readonly endUs: number } | undefined;
  let older = before;
  for (const { id, seq, toUs } of given.toSorted((left, right) => left.seq - right.seq)) {
    const endUs = settledUs.get(id) ?? Number.POSITIVE_INFINITY;
    if (before !== undefined && before.seq !== seq) {
      if (older === undefined || before.endUs > older.endUs) older = before;
    }
    if (older !== undefined && older.seq !== seq && toUs < older.endUs)
      found.push(`${id} of the key ${key} was given while ${older.id} was unsettled`);
    before = { seq, id, endUs };
  }
  return found;
}
