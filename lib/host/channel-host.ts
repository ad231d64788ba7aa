import { Socket } from 'node:net';
import { systemClock } from '../core/clock.js';
import { errorToData } from '../core/errors.js';
import type { WorkerFrame } from '../core/frame.js';
import { decodeHostFrame, encodeFrame, FrameReader, framed } from '../core/frame-codec.js';
import type { WorkerSpec } from '../executors/contract.js';
import { loadAgents } from './agents-module.js';
import { WorkerHost } from './worker-host.js';

/** The worker of this process, over the channel on that file descriptor: it leaves when the channel ends. */
export async function hostOver(channelFd: number, spec: WorkerSpec): Promise<void> {
  const channel = new Socket({ fd: channelFd, readable: true, writable: true });
  const send = (frame: WorkerFrame) => channel.write(framed(encodeFrame(frame)));
  channel.on('error', () => process.exit(1)); // the other side is gone
  channel.on('end', () => process.exit(1));
  try {
    const agents = await loadAgents(spec.agents ?? '');
    const sent = () => emptied(channel);
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
}

/* The kernel takes at once what it has room for; the rest leaves only while no handler keeps the thread. */
function emptied(channel: Socket): Promise<void> | undefined {
  if (channel.writableLength === 0) return undefined;
  return new Promise((resolve) => {
    channel.write('', () => resolve());
  });
}
