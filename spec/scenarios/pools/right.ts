import { defineAgent } from '../../../lib/coalition/define.js';

/* What the other pool has: it runs after the first, and says what it saw of it. */

export const right = defineAgent({
  name: 'right',
  after: ['left'],
  handle({ n = 0, loop = 0 }: { n?: number; loop?: number }, { state }) {
    const seen = state.results.map(({ agent, loop: of }) => `${agent}${of}`).toSorted();
    return { n, pid: process.pid, loop, seen };
  },
});
