import { readSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { Pulse, Watched } from './watch-parent.js';

/* The watchdog's thread. It sleeps between looks without an event loop, and dies with its process. */
const LOOK_EVERY_MS = 200;
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
const beats = Buffer.alloc(256);
const { parentPid, pulse } = workerData as Watched;

/* Counted in looks, not on a clock: a process that was stopped itself hears what came meanwhile before it judges. */
let silentMs = 0;
while (process.ppid === parentPid && (pulse === undefined || isAlive(pulse)))
  Atomics.wait(never, 0, 0, LOOK_EVERY_MS);
// SIGKILL, as process.exit in a thread does not end a busy main thread.
process.kill(process.pid, 'SIGKILL');

function isAlive({ fd, silenceMs }: Pulse): boolean {
  silentMs += LOOK_EVERY_MS;
  try {
    if (readSync(fd, beats) === 0) return false; // its other end is closed
    silentMs = 0;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return false;
  }
  return silentMs <= silenceMs;
}
