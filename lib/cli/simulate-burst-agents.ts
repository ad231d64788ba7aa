import { threadId } from 'node:worker_threads';
import { defineAgent } from '../coalition/define.js';
import { sleep, systemClock } from '../core/clock.js';

/** One task of the burst. */
export interface BurstTask {
  /** Its number in the burst, from 0. */
  readonly n: number;
  readonly waitMs: number;
}

/**
 * The burst's work: waits on a timer, and tells where. A worker that waits uses no core, so that what is measured is
 * who got which task, not how many cores the machine has to spare.
 */
export const wait = defineAgent({
  name: 'wait',
  handle: async ({ n, waitMs }: BurstTask, context) => {
    await sleep(systemClock, waitMs, context.signal);
    return { n, ranBy: `${process.pid}.${threadId}` };
  },
});
