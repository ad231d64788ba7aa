import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The folder of the sides that are no JavaScript; the build copies none of spec/: they run from where they were written. */
export const PLAYERS = fileURLToPath(new URL('../../../spec/bench/players/', import.meta.url));

/** The first of these programs that can be run, if any. */
export function found(programs: readonly string[], ...args: readonly string[]): string | undefined {
  return programs.find((program) => spawnSync(program, args, { stdio: 'ignore' }).status === 0);
}
