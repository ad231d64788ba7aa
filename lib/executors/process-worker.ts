import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ConclaveError } from '../core/errors.js';
import { encodeFrame, framed } from '../core/frame-codec.js';
import type { WorkerExit, WorkerLink, WorkerListener, WorkerSpec } from './contract.js';
import { HeardFrames } from './heard-frames.js';

const ENTRY = fileURLToPath(new URL('../host/process.js', import.meta.url));
const STDERR_FD = 2;
const CHANNEL_FD = 3;

/** Starts a process; resolves once it runs, before it has loaded its agents. */
export async function startProcess(spec: WorkerSpec, listener: WorkerListener): Promise<WorkerLink> {
  const child = spawn(process.execPath, [ENTRY, JSON.stringify(spec), String(process.pid)], {
    stdio: ['ignore', STDERR_FD, STDERR_FD, 'pipe'],
    detached: true, // Ctrl-C reaches a whole process group, also a child that cannot handle it yet; the parent drains us
  });
  const channel = child.stdio[CHANNEL_FD];
  if (!(channel instanceof Duplex)) throw noChannel(spec.id);
  child.on('error', () => {}); // one that did not start rejects below; one that cannot be killed any more has exited
  channel.on('error', () => {}); // a broken channel shows as the exit of the child, with its reason
  const kill = () => void child.kill('SIGKILL');
  const heard = new HeardFrames(listener, kill);
  channel.on('data', (chunk: Buffer) => heard.hearBytes(chunk));
  let isAsked = false;
  const exited = new Promise<WorkerExit>((resolve) => {
    child.once('close', (code, signal) => {
      const reason = signal === null ? `exit code ${code}` : `signal ${signal}`;
      resolve(heard.exitOf({ crashed: !isAsked || code !== 0, reason }));
    });
  });
  await once(child, 'spawn');
  return {
    pid: child.pid,
    exited,
    send(frame) {
      if (frame.type === 'drain' || frame.type === 'stop') isAsked = true;
      heard.sent(frame);
      if (channel.writable) channel.write(framed(encodeFrame(frame)));
    },
    kill,
  };
}

function noChannel(id: string): ConclaveError {
  return new ConclaveError(
    'WorkerCrashed',
    `The process of worker ${id} started without a channel to its parent.`,
  );
}
