import { isMainThread } from 'node:worker_threads';
import { defineAgent } from '../../../lib/coalition/define.js';
import { isInWorker } from './in-worker.js';

export const agent = defineAgent({ name: 'agent', handle: () => null });

if (isInWorker && !isMainThread) process.exit(9);
if (isInWorker) process.kill(process.pid, 'SIGKILL');
