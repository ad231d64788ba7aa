#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { registerClaims } from './claims.js';
import { registerCoordinate } from './coordinate.js';
import { registerElect } from './elect.js';
import { runCommandLine } from './frame.js';
import { registerRun } from './run.js';
import { registerSimulate } from './simulate.js';
import { registerStress } from './stress.js';
import { registerWorker } from './worker.js';

process.exitCode = await runCommandLine(
  {
    name: 'conclave',
    description: 'Supervised, model-checked agent coalitions.',
    version: packageVersion(),
    commands: [
      registerRun,
      registerSimulate,
      registerStress,
      registerCoordinate,
      registerWorker,
      registerElect,
      registerClaims,
    ],
  },
  process.argv.slice(2),
  process,
);

function packageVersion(): string {
  /* From dist/lib/cli, where this runs, in a checkout and in an installed package alike. */
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return known ? String(manifest.version) : 'unknown';
}
