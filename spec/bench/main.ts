import { Command } from 'commander';
import { messageOf } from '../../lib/core/errors.js';
import { describeMachine, idleShare } from './machine.js';
import { measure } from './measure.js';
import type { MeasuredRow } from './measured.js';
import { publish } from './publish.js';
import type { Row, Suite, SuitePart } from './row.js';
import { actors } from './suites/actors.js';
import { brokers } from './suites/brokers.js';
import { plane } from './suites/plane.js';
import { tableOf } from './table.js';

/*
 * `npm run bench -- plane`: medians of interleaved rounds, all sides checked. JSON lines on stdout, unless that is a
 * terminal, which gets a table; what is missing, and how far it is, on stderr. With `--readme` what was measured goes into
 * the README as well.
 */
const suites: readonly Suite[] = [plane, actors, brokers];
const IDLE_MS = 200;
const IDLE_SHARE_MIN = 0.8;

const command = new Command('bench')
  .argument('[names...]', `suites (${suites.map(({ name }) => name)}), or words in the names of rows`)
  .option('--json', 'JSON lines also on a terminal')
  .option('--rounds <count>', 'rounds that count, of every row, for a first look')
  .option('--readme', "writes the README's table and picture")
  .parse();
const words = command.args.filter((word) => !suites.some(({ name }) => name === word));
const named = suites.filter(({ name }) => command.args.includes(name));
const { json, readme, rounds } = command.opts<{ json?: true; readme?: true; rounds?: string }>();
const few = rounds === undefined ? undefined : { warmUp: 1, counted: Number(rounds) };
const asJson = json === true || !process.stdout.isTTY;
const results: MeasuredRow[] = [];
/* Servers are unref'd, so that they hold nobody: while one ends, nothing else would keep this program alive. */
const awake = setInterval(() => undefined, 60_000);
const asked = named.length > 0 ? named : suites;
for (const { suite, part } of partsAsked()) await play(suite, part);
clearInterval(awake);
if (!asJson) process.stdout.write(tableOf(results));
if (readme === true) {
  const whole = words.length === 0 ? asked.map(({ name }) => name) : [];
  await publish({ machine: describeMachine(), rows: results }, whole);
}

/** Those that a word names alone, if any does: to start what nobody asks for takes time. */
function partsAsked(): { readonly suite: string; readonly part: SuitePart }[] {
  const all = asked.flatMap(({ name, parts }) => parts.map((part) => ({ suite: name, part })));
  const wanted = all.filter(({ part }) => words.some((word) => word.startsWith(part.name)));
  return wanted.length > 0 ? wanted : all;
}

async function play(suite: string, { name, open }: SuitePart): Promise<void> {
  const { rows, skipped, close } = await open();
  for (const line of skipped) tell(`skipped: ${name}: ${line}`);
  try {
    for (const row of rows.filter((each) => words.every((word) => each.name.includes(word))))
      await playRow(suite, row);
  } finally {
    await close();
  }
}

async function playRow(suite: string, row: Row): Promise<void> {
  const idle = await idleShare(IDLE_MS);
  const busy = idle < IDLE_SHARE_MIN ? ` (the machine is busy: ${Math.round(idle * 100)} % idle)` : '';
  tell(`${row.name} …${busy}`);
  try {
    const result = { suite, ...(await measure(row, few)) };
    results.push(result);
    if (asJson) process.stdout.write(`${JSON.stringify(result)}\n`);
  } catch (error) {
    tell(`failed: ${messageOf(error)}`);
    process.exitCode = 1;
  }
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
