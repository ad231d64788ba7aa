import { RayBridge } from '../../../lib/ray/bridge.js';

/* Starts a local Ray, says so, and stays until it is killed. */
const { pid } = await RayBridge.start({ address: { kind: 'local' } });
process.stdout.write(`${pid}\n`);
setInterval(() => undefined, 1_000);
