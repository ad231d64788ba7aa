import assert from 'node:assert';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../core/clock.js';
import { errorToData } from '../core/errors.js';
import type { WorkerFrame } from '../core/frame.js';
import { decodeHostFrame, encodeFrame } from '../core/frame-codec.js';
import type { WorkerSpec } from '../executors/contract.js';
import { loadAgents } from './agents-module.js';
import { WorkerHost } from './worker-host.js';

/* The entry of a worker thread: its spec is the worker data, its channel the parent port. */
const port = parentPort;
assert(port !== null, 'this module is the entry of a worker thread; it is started by ThreadExecutor');
const spec = workerData as WorkerSpec;
const send = (frame: WorkerFrame) => port.postMessage(encodeFrame(frame));

try {
  const agents = await loadAgents(spec.agents ?? '');
  const host = new WorkerHost({ spec, agents, clock: systemClock, send });
  port.on('message', (text: string) => host.receive(decodeHostFrame(text)));
  await host.ended;
  process.exit(0); // a timer that a given up handler left behind would keep the thread
} catch (error) {
  send({ type: 'failed', error: errorToData(error) });
  process.exit(1);
}
