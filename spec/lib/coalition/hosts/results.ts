import type { SharedResult } from '../../../../lib/core/frame.js';

/** An entry of a shared state. */
export function sharedResult(number: number, value: unknown): SharedResult {
  return { id: `r${number}`, loop: 1, stage: 0, agent: 'a', value };
}
