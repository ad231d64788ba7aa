import type { Answer, Receipt, Refusal, RefusalOutcome, SettleOutcome } from '../contract.js';
import { type Place, placeOf, seqOf } from './token.js';

/** The place of a receipt that may still be good; undefined for one that names no delivery of this broker. */
export function placeOfReceipt({ seq, token }: Receipt): Place | undefined {
  const place = placeOf(token);
  return place !== undefined && seqOf(place.code, place.id) === seq ? place : undefined;
}

/** What a letter of a settling script means. */
export function outcomeOf(letter: string | undefined): RefusalOutcome {
  switch (letter) {
    case 'k':
      return 'ok';
    case 'd':
      return 'dead-lettered';
    default:
      return 'stale';
  }
}

/** An answer as the shelf's scripts take it: id, asker, bytes and text. */
export function answerWords({ id, asker, outcome }: Answer): [string, string, string, string] {
  const bytes = String(Buffer.byteLength(outcome));
  return [id, asker === undefined ? '' : `a${asker}`, bytes, `${JSON.stringify(asker ?? null)}\n${outcome}`];
}

/** The refusals as the script takes them. */
export function refusalWords(refusal: Refusal, place: Place): string[] {
  const { grant, code, id, bytes, history } = place;
  const failures = (history?.failures ?? 0) + (refusal.fault === 'failure' ? 1 : 0);
  const crashes = (history?.crashes ?? 0) + (refusal.fault === 'crash' ? 1 : 0);
  const failuresInAll = failures + (history?.failuresBefore ?? 0);
  const crashesInAll = crashes + (history?.crashesBefore ?? 0);
  const isDead = failuresInAll + crashesInAll >= refusal.attemptsMax;
  return [
    ...[grant, code, id, String(bytes), history?.isKeyed === true ? '1' : '0', isDead ? 'd' : 'b'],
    ...[`${(history?.deliveries ?? 0) + 1} ${failures} ${crashes}`, String(Math.max(0, refusal.delayMs))],
    ...[String(failuresInAll), String(crashesInAll), refusal.reason],
    ...(refusal.answer === undefined ? ['', ''] : answerWords(refusal.answer)),
  ];
}

/** Receipts to be renewed, grant by grant, and which of the receipts a letter is about. */
export function extendWords(receipts: readonly Receipt[]): { words: string[]; order: number[] } {
  const grants = new Map<string, { readonly at: number; readonly place: Place }[]>();
  for (const [at, receipt] of receipts.entries()) {
    const place = placeOfReceipt(receipt);
    if (place === undefined) continue;
    const list = grants.get(place.grant);
    if (list === undefined) grants.set(place.grant, [{ at, place }]);
    else list.push({ at, place });
  }
  const words: string[] = [];
  const order: number[] = [];
  for (const [grant, list] of grants) {
    words.push(grant, String(list.length));
    for (const { at, place } of list) {
      words.push(place.code, place.id);
      order.push(at);
    }
  }
  return { words, order };
}

/** Outcomes by position, from letters in another order; what has no letter was never sent. */
export function settledAs(letters: string, order: readonly number[], length: number): SettleOutcome[] {
  const outcomes = new Array<SettleOutcome>(length).fill('stale');
  for (const [index, at] of order.entries())
    outcomes[at] = letters === '' || letters[index] === 'k' ? 'ok' : 'stale';
  return outcomes;
}
