import { openSync, writeSync } from 'node:fs';
import { defineAgent } from '../coalition/define.js';
import { RUN_BYTES } from './stress-runs.js';

/*
 * The agent of `conclave stress`. Where runs are to be counted, the file for them stands in this module's own URL:
 *     stress-agents.js?runs=/proc/4711/fd/20
 */
const path = new URL(import.meta.url).searchParams.get('runs');
let file: number | undefined;

/** Answers with the number that it was given. */
export const echo = defineAgent({
  name: 'echo',
  handle: ({ n }: { n: number }) => {
    if (path !== null) note(n, path);
    return n;
  },
});

/** In the kernel's hands before the run answers: it stands there also when the process is killed right after. */
function note(n: number, at: string): void {
  file ??= openSync(at, 'a');
  const run = Buffer.allocUnsafe(RUN_BYTES);
  run.writeUInt32LE(n);
  writeSync(file, run);
}
