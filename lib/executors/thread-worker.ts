import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { encodeFrame } from '../core/frame-codec.js';
import type { WorkerExit, WorkerLink, WorkerListener, WorkerSpec } from './contract.js';
import { HeardFrames } from './heard-frames.js';

const ENTRY = new URL('../host/thread.js', import.meta.url);

/** Starts a thread; resolves once it runs, before it has loaded its agents. */
export async function startThread(spec: WorkerSpec, listener: WorkerListener): Promise<WorkerLink> {
  const thread = new Worker(ENTRY, { workerData: spec, stdout: true });
  thread.stdout.on('data', (chunk: Buffer) => process.stderr.write(chunk)); // a pipe would add listeners to stderr for each thread
  const kill = () => void thread.terminate();
  const heard = new HeardFrames(listener, kill);
  thread.on('message', (said: unknown) => heard.hear(said));
  thread.on('messageerror', (error) => heard.hear(error));
  let isAsked = false;
  let reason: string | undefined;
  thread.on('error', (error) => {
    reason = error.message;
  });
  const exited = new Promise<WorkerExit>((resolve) => {
    thread.once('exit', (code) => {
      const crashed = !isAsked || code !== 0 || reason !== undefined;
      resolve(heard.exitOf({ crashed, reason: reason ?? `exit code ${code}` }));
    });
  });
  await once(thread, 'online');
  return {
    pid: undefined,
    exited,
    send(frame) {
      if (frame.type === 'drain' || frame.type === 'stop') isAsked = true;
      heard.sent(frame);
      thread.postMessage(encodeFrame(frame));
    },
    kill,
  };
}
