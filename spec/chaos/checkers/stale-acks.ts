import { type Given, groupBy, type History, type Settling } from '../history.js';

/**
 * Settlements that counted and should not have: two of one message, one of a delivery after which the message was out
 * again, one of a delivery that had been given back. Each as a line for people.
 */
export function checkStaleAcks(history: History): readonly string[] {
  const given = groupBy(history.given, ({ id }) => id);
  const returned = groupBy(history.settled.filter(wasGivenBack), ({ id }) => id);
  const counted = groupBy(history.settled.filter(hasCounted), ({ id }) => id);
  return [...counted].flatMap(([id, settlings]) => [
    ...(settlings.length > 1 ? [`${id}: ${settlings.length} settlements counted`] : []),
    ...settlings.flatMap((settling) => [
      ...overtaken(settling, given.get(id) ?? []),
      ...afterReturn(settling, returned.get(id) ?? []),
    ]),
  ]);
}

function hasCounted({ type, outcome }: Settling): boolean {
  return outcome === 'dead-lettered' || (type === 'ack' && outcome === 'ok');
}

function wasGivenBack({ type, outcome }: Settling): boolean {
  return type === 'nack' && outcome === 'ok';
}

/** By a later delivery that was asked for before the settlement was answered: one after it would be a duplicate. */
function overtaken({ opening, id, deliveries, toUs }: Settling, given: readonly Given[]): string[] {
  const endUs = toUs ?? Number.POSITIVE_INFINITY;
  const later = given.find(
    (other) => other.opening === opening && other.deliveries > deliveries && other.fromUs <= endUs,
  );
  if (later === undefined) return [];
  return [`${id}: delivery ${deliveries} was settled though delivery ${later.deliveries} was out`];
}

function afterReturn({ opening, id, deliveries, fromUs }: Settling, returned: readonly Settling[]): string[] {
  const isBefore = returned.some(
    (other) =>
      other.opening === opening &&
      other.deliveries === deliveries &&
      (other.toUs ?? Number.POSITIVE_INFINITY) < fromUs,
  );
  return isBefore ? [`${id}: delivery ${deliveries} was settled after it was given back`] : [];
}
