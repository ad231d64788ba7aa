import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A run is the number of its message. */
export const RUN_BYTES = 4;

/** The handler runs of a stress, which its workers themselves append to one file. */
export interface StressRuns {
  /** Where workers find the file. */
  readonly path: string;
  /** Runs beyond the first of each message. */
  rerun(): number;
  close(): void;
}

/** A file for them. Where there is a `/proc` it has no name from the start, so that nothing is left by any death. */
export function openStressRuns(): StressRuns {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-stress-'));
  const named = join(folder, 'runs');
  const file = openSync(named, 'a+');
  const nameless = `/proc/${process.pid}/fd/${file}`;
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const isLinked = existsSync(nameless);
  if (isLinked) remove();
  const path = isLinked ? nameless : named;
  return {
    path,
    rerun: () => rerunIn(readFileSync(path)),
    close() {
      closeSync(file);
      remove();
    },
  };
}

function rerunIn(noted: Buffer): number {
  const messages = new Set<number>();
  const runs = Math.floor(noted.length / RUN_BYTES);
  for (let run = 0; run < runs; run += 1) messages.add(noted.readUInt32LE(run * RUN_BYTES));
  return runs - messages.size;
}
