import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { closingLine, type SpecCounts, sumOf } from './closing-line.js';
import { type SpecUnit, specUnits } from './spec-units.js';

/** Specs wait for processes and services more than they compute; more at once would make them wait for each other. */
const LANES_MAX = 2;
const FOLDER = 'dist/spec';

interface UnitOutcome {
  readonly unit: SpecUnit;
  readonly seconds: number;
  /** All that it wrote. */
  readonly report: string;
  readonly isClean: boolean;
  /** Undefined where it did not come to its end. */
  readonly counts: SpecCounts | undefined;
}

/** Runs every spec, two units at a time, each report printed in one piece; false if any fails, or does not end in time. */
export async function runSpecs(withinMs: number): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-specs-'));
  const endMs = performance.now() + withinMs;
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.js'))
    .map((file) => join(FOLDER, file))
    .sort();
  const waiting = [...specUnits(files, (file) => readFileSync(file, 'utf8'))];
  const outcomes: UnitOutcome[] = [];
  const work = async () => {
    for (let unit = waiting.shift(); unit !== undefined; unit = waiting.shift()) {
      const outcome = await runUnit(unit, folder, endMs);
      outcomes.push(outcome);
      tell(outcome);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(LANES_MAX, availableParallelism()) }, work));
  } finally {
    rmSync(folder, { recursive: true });
  }
  return isClean(outcomes);
}

async function runUnit(unit: SpecUnit, folder: string, endMs: number): Promise<UnitOutcome> {
  const startMs = performance.now();
  const path = (kind: string) => join(folder, `${unit.name.replaceAll(/\W/g, '-')}.${kind}`);
  const output = openSync(path('log'), 'w');
  /* npm puts the packages' commands on the PATH; standard input is closed, as nothing here may ask. */
  const child = spawn('mocha', [...(process.stdout.isTTY ? ['--color'] : []), ...unit.files], {
    stdio: ['ignore', output, output],
    timeout: Math.max(1, Math.round(endMs - startMs)),
    killSignal: 'SIGKILL',
    env: { ...process.env, CONCLAVE_SPEC_COUNTS: path('json') },
  });
  const [code] = await once(child, 'close');
  closeSync(output);
  const counts: SpecCounts | undefined = existsSync(path('json'))
    ? JSON.parse(readFileSync(path('json'), 'utf8'))
    : undefined;
  const seconds = (performance.now() - startMs) / 1_000;
  return { unit, seconds, report: readFileSync(path('log'), 'utf8'), isClean: code === 0, counts };
}

function tell({ unit, seconds, report }: UnitOutcome): void {
  process.stdout.write(`\n-- ${unit.name}: ${Math.round(seconds)} s\n${report}`);
}

/** Whether all went well; what did not is named once more at the end, where people look. */
function isClean(outcomes: readonly UnitOutcome[]): boolean {
  for (const { unit, isClean: isFine, counts } of outcomes) {
    if (isFine) continue;
    const why = counts === undefined ? 'it did not come to its end' : `${counts.failures} failed`;
    process.stderr.write(`\nSpecs of ${unit.name}: ${why}; see above.\n`);
  }
  process.stdout.write(`\n${closingLine(sumOf(outcomes.flatMap(({ counts }) => counts ?? [])))}`);
  return outcomes.every((outcome) => outcome.isClean);
}
