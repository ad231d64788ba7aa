import { Command } from 'commander';
import { messageOf } from '../../lib/core/errors.js';
import { measure } from './measure.js';
import type { Row, RowResult, Suite, SuitePart } from './row.js';
import { brokers } from './suites/brokers.js';
import { tableOf } from './table.js';

/*
 * `npm run bench -- brokers`: medians of interleaved rounds, both sides checked. JSON lines on stdout, unless that is a
 * terminal, which gets a table; what is missing, and how far it is, on stderr.
 */
const suites: readonly Suite[] = [brokers];

const command = new Command('bench')
  .argument('[names...]', `suites (${suites.map(({ name }) => name)}), or words in the names of rows`)
  .option('--json', 'JSON lines also on a terminal')
  .parse();
const words = command.args.filter((word) => !suites.some(({ name }) => name === word));
const named = suites.filter(({ name }) => command.args.includes(name));
const asJson = command.opts<{ json?: true }>().json === true || !process.stdout.isTTY;
const results: RowResult[] = [];
/* Servers are unref'd, so that they hold nobody: while one ends, nothing else would keep this program alive. */
const awake = setInterval(() => undefined, 60_000);
for (const suite of named.length > 0 ? named : suites) for (const part of partsOf(suite)) await play(part);
clearInterval(awake);
if (!asJson) process.stdout.write(tableOf(results));

/** Those that a word names alone, if any does: to start what nobody asks for takes time. */
function partsOf({ parts }: Suite): readonly SuitePart[] {
  const asked = parts.filter(({ name }) => words.some((word) => word.startsWith(name)));
  return asked.length > 0 ? asked : parts;
}

async function play({ name, open }: SuitePart): Promise<void> {
  const { rows, skipped, close } = await open();
  for (const line of skipped) tell(`skipped: ${name}: ${line}`);
  try {
    for (const row of rows.filter((each) => words.every((word) => each.name.includes(word))))
      await playRow(row);
  } finally {
    await close();
  }
}

async function playRow(row: Row): Promise<void> {
  tell(`${row.name} …`);
  try {
    const result = await measure(row);
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
