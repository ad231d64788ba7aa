import { workerData } from 'node:worker_threads';

/* The watchdog's thread. It sleeps between looks without an event loop, and dies with its process. */
const LOOK_EVERY_MS = 200;
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

while (process.ppid === workerData) Atomics.wait(never, 0, 0, LOOK_EVERY_MS);
// SIGKILL, as process.exit in a thread does not end a busy main thread.
process.kill(process.pid, 'SIGKILL');
