import { setTimeout as pause } from 'node:timers/promises';
import { defineAgent } from '../../lib/coalition/define.js';

/** Takes a while, claims once, and answers with the square. */
export const note = defineAgent({
  name: 'note',
  handle: async ({ n }: { n: number }, context) => {
    context.claim({ text: `note ${n}` });
    await pause(4);
    return n * n;
  },
});
