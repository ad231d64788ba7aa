import type { WorkerSpec } from '../executors/contract.js';
import { hostOver } from './channel-host.js';
import { watchParent } from './watch-parent.js';

/*
 * The entry of a worker process: `node process.js SPEC PARENT_PID`, with the channel to its parent on file
 * descriptor 3. It leaves when the channel ends, and is killed by its watchdog when the parent is gone.
 */
const CHANNEL_FD = 3;
const [, , specText = '', parentPid = ''] = process.argv;

watchParent(Number(parentPid));
await hostOver(CHANNEL_FD, JSON.parse(specText) as WorkerSpec);
