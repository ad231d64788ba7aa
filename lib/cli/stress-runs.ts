import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A run is the number of its message. */
export const RUN_BYTES = 4;

/** The handler runs of a stress, noted by the workers themselves, each in a file of its own. */
export interface StressRuns {
  readonly folder: string;
  /** Runs beyond the first of each message. */
  rerun(): number;
  remove(): void;
}

/** A folder for them. */
export function openStressRuns(): StressRuns {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-stress-'));
  return {
    folder,
    rerun: () => rerunIn(folder),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function rerunIn(folder: string): number {
  let runs = 0;
  const messages = new Set<number>();
  for (const name of readdirSync(folder)) {
    const noted = readFileSync(join(folder, name));
    for (let at = 0; at + RUN_BYTES <= noted.length; at += RUN_BYTES) messages.add(noted.readUInt32LE(at));
    runs += Math.floor(noted.length / RUN_BYTES);
  }
  return runs - messages.size;
}
