import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { defineAgent } from '../coalition/define.js';
import { RUN_BYTES } from './stress-runs.js';

/*
 * The agent of `conclave stress`. Where each run is to be noted, the folder for it stands in this module's own URL:
 *     stress-agents.js?runs=/tmp/conclave-stress-Xy12Zw
 */
const folder = new URL(import.meta.url).searchParams.get('runs');
let file: number | undefined;

/** Answers with the number that it was given. */
export const echo = defineAgent({
  name: 'echo',
  handle: ({ n }: { n: number }) => {
    if (folder !== null) note(n, folder);
    return n;
  },
});

/** Written before the run answers, and by the kernel: it stands there also when the process is killed right after. */
function note(n: number, into: string): void {
  file ??= openSync(join(into, `${process.pid}.${threadId}`), 'a');
  const run = Buffer.allocUnsafe(RUN_BYTES);
  run.writeUInt32LE(n);
  writeSync(file, run);
}
