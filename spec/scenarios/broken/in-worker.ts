import { isMainThread } from 'node:worker_threads';

/** True where a worker loads this, false where the coordinator's side looks at the module first. */
export const isInWorker = !isMainThread || process.argv[1]?.endsWith('/host/process.js') === true;
