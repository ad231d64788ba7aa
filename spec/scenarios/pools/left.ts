import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { defineAgent } from '../../../lib/coalition/define.js';

/* What one of two pools has: it says in which process it ran. */

export const left = defineAgent({
  name: 'left',
  async handle({ n = 0, ms = 0, file }: { n?: number; ms?: number; file?: string }, { claim }) {
    if (file !== undefined) appendFileSync(file, `${n} ${process.pid}\n`);
    await pause(ms);
    claim({ text: `left ${n}` });
    return { n, pid: process.pid };
  },
});
