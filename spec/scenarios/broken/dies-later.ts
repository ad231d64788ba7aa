import { existsSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { defineAgent } from '../../../lib/coalition/define.js';
import { isInWorker } from './in-worker.js';

const flag = new URL(import.meta.url).searchParams.get('flag') ?? '';

/** From the moment the flag stands, no worker can load this any more. */
if (isInWorker && existsSync(flag)) die();

export const agent = defineAgent({ name: 'agent', handle: () => die() });

function die(): never {
  if (isMainThread) process.kill(process.pid, 'SIGKILL');
  return process.exit(9);
}
