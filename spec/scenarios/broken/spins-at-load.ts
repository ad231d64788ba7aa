import { defineAgent } from '../../../lib/coalition/define.js';
import { isInWorker } from './in-worker.js';

export const agent = defineAgent({ name: 'agent', handle: () => null });

for (; isInWorker; );
