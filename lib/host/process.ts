import { Socket } from 'node:net';
import { systemClock } from '../core/clock.js';
import { errorToData } from '../core/errors.js';
import type { WorkerFrame } from '../core/frame.js';
import { decodeHostFrame, encodeFrame, FrameReader, framed } from '../core/frame-codec.js';
import type { WorkerSpec } from '../executors/contract.js';
import { loadAgents } from './agents-module.js';
import { watchParent } from './watch-parent.js';
import { WorkerHost } from './worker-host.js';

/*
 * The entry of a worker process: `node process.js SPEC PARENT_PID`, with the channel to its parent on file
 * descriptor 3. It leaves when the channel ends, and is killed by its watchdog when the parent is gone.
 */
const CHANNEL_FD = 3;
const [, , specText = '', parentPid = ''] = process.argv;
const spec = JSON.parse(specText) as WorkerSpec;

watchParent(Number(parentPid));

const channel = new Socket({ fd: CHANNEL_FD, readable: true, writable: true });
const send = (frame: WorkerFrame) => channel.write(framed(encodeFrame(frame)));
/* The kernel takes at once what it has room for; the rest leaves only while no handler keeps the thread. */
const sent = () =>
  channel.writableLength === 0
    ? undefined
    : new Promise<void>((resolve) => {
        channel.write('', () => resolve());
      });
channel.on('error', () => process.exit(1)); // the parent is gone
channel.on('end', () => process.exit(1));

try {
  const agents = await loadAgents(spec.agents ?? '');
  const host = new WorkerHost({ spec, agents, clock: systemClock, send, sent });
  const reader = new FrameReader();
  channel.on('data', (chunk) => {
    for (const text of reader.push(chunk)) host.receive(decodeHostFrame(text));
  });
  await host.ended;
  channel.end(() => process.exit(0));
} catch (error) {
  send({ type: 'failed', error: errorToData(error) });
  channel.end(() => process.exit(1));
}
