import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Measured, merged, readMeasured, writeMeasured } from './measured.js';
import { pictureOf } from './picture.js';
import { withMeasured } from './readme-table.js';

/** Where the picture is, from the README. */
export const PICTURE = 'spec/bench/measured.svg';

const root = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const RESULTS = root('spec/bench/measured.jsonl');

/** What was measured last. */
export function lastMeasured(): Measured {
  return existsSync(RESULTS) ? readMeasured(RESULTS) : { machine: '', rows: [] };
}

/** Keeps what was measured, and writes the README's table and picture from it. */
export async function publish(measured: Measured, wholeSuites: readonly string[]): Promise<void> {
  const all = merged(lastMeasured(), measured, wholeSuites);
  writeMeasured(RESULTS, all);
  writeFileSync(root(PICTURE), await pictureOf(all));
  const readme = root('README.md');
  writeFileSync(readme, withMeasured(readFileSync(readme, 'utf8'), all, PICTURE));
}
