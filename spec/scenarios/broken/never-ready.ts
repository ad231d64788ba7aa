import { setInterval as tick } from 'node:timers/promises';
import { defineAgent } from '../../../lib/coalition/define.js';
import { isInWorker } from './in-worker.js';

export const agent = defineAgent({ name: 'agent', handle: () => null });

if (isInWorker) {
  for await (const _ of tick(1_000));
}
