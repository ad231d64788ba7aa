import { spawnSync } from 'node:child_process';
import { runSpecs } from './spec-run.js';

/** The steps of `npm test` between the build and the specs, in order, each a package's own command. */
const steps: readonly (readonly [title: string, command: string, ...args: string[]])[] = [
  ['Services (.services/)', process.execPath, 'dist/spec/services/bring.js'],
  ['Format and lint (biome)', 'biome', 'ci', '--error-on-warnings', '.'],
  ['Unused files, exports and dependencies (knip)', 'knip'],
];

/* Everything is bounded: specs that leave something open keep mocha alive, and that is a failure, not a wait. */
const STEP_MS_MAX = 15 * 60_000;

for (const [title, command, ...args] of steps) {
  process.stdout.write(`\n== ${title}\n`);
  /* npm puts the packages' commands on the PATH; standard input is closed, as nothing here may ask. */
  const { status, signal, error } = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: STEP_MS_MAX,
    killSignal: 'SIGKILL',
  });
  if (status === 0) continue;
  const why = error?.message ?? (signal === null ? `exit ${status}` : `killed by ${signal}`);
  process.stderr.write(`\n${title}: ${why}\n`);
  process.exit(status ?? 1);
}

process.stdout.write('\n== Specs (mocha)\n');
if (!(await runSpecs(STEP_MS_MAX))) process.exitCode = 1;
