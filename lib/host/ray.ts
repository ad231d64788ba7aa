import type { WorkerSpec } from '../executors/contract.js';
import { hostOver } from './channel-host.js';
import { watchParent } from './watch-parent.js';

/*
 * The entry of a worker on Ray, a child of its actor: `node ray.js SPEC SILENCE_MS PARENT_PID CHANNEL_FD PULSE_FD`.
 * It leaves when the channel ends. Its watchdog kills it when the actor is gone, and also when the pulse has been
 * silent for so long: the actor may outlive the node's link to the coordinator.
 */
const [, , specText = '', ...numbers] = process.argv;
const [silenceMs = 0, parentPid = 0, channelFd = 0, pulseFd = 0] = numbers.map(Number);

watchParent(parentPid, { fd: pulseFd, silenceMs });
await hostOver(channelFd, JSON.parse(specText) as WorkerSpec);
