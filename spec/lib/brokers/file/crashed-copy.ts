import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * What the disk holds of a ledger at this moment, in a folder of its own, as if its process died now; its path there.
 * All in one turn, so that nothing is written in between.
 */
export function crashedCopy(path: string, name: string): string {
  const folder = join(dirname(path), name);
  mkdirSync(folder);
  const copy = join(folder, basename(path));
  copyFileSync(path, copy);
  // The shared memory beside them is made anew from the log; of a ledger that was closed there is no log.
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
  return copy;
}
