import { checkOrder } from './checkers/order.js';
import { checkStaleAcks } from './checkers/stale-acks.js';
import { checkTotalQueue, type TotalQueue } from './checkers/total-queue.js';
import type { History } from './history.js';

/** What all checkers say of one history. */
export interface Verdict extends TotalQueue {
  readonly staleAcks: readonly string[];
  readonly disordered: readonly string[];
}

const SHOWN_MAX = 5;
const MUST_BE_NONE = ['lost', 'unexpected', 'duplicated', 'staleAcks', 'disordered'] as const;

/** Asks every checker about the history of a queue that was drained to the end. */
export function judge(history: History): Verdict {
  return { ...checkTotalQueue(history), staleAcks: checkStaleAcks(history), disordered: checkOrder(history) };
}

/** What is wrong, a line a kind with some of its cases; none if the history is clean. */
export function objections(verdict: Verdict): readonly string[] {
  return MUST_BE_NONE.filter((kind) => verdict[kind].length > 0).map((kind) => {
    const shown = verdict[kind].slice(0, SHOWN_MAX).join('; ');
    return `${verdict[kind].length} ${kind}: ${shown}${verdict[kind].length > SHOWN_MAX ? '; …' : ''}`;
  });
}
