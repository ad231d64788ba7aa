import { Command } from 'commander';
import { messageOf } from '../../lib/core/errors.js';
import { measure } from './measure.js';
import type { RowResult, Suite } from './row.js';
import { brokers } from './suites/brokers.js';
import { tableOf } from './table.js';

/*
 * `npm run bench -- brokers`: medians of interleaved rounds, both sides checked. JSON lines on stdout, unless that is a
 * terminal, which gets a table; what is missing, and how far it is, on stderr.
 */
const suites: readonly Suite[] = [brokers];

const command = new Command('bench')
  .argument(
    '[names...]',
    `suites, or words that rows must have in their name: ${suites.map(({ name }) => name)}`,
  )
  .option('--json', 'JSON lines also on a terminal')
  .parse();
const words = command.args.filter((word) => !suites.some(({ name }) => name === word));
const named = suites.filter(({ name }) => command.args.includes(name));
const asJson = command.opts<{ json?: true }>().json === true || !process.stdout.isTTY;
const results: RowResult[] = [];
for (const suite of named.length > 0 ? named : suites) await play(suite);
if (!asJson) process.stdout.write(tableOf(results));

async function play(suite: Suite): Promise<void> {
  const { rows, skipped, close } = await suite.open();
  for (const line of skipped) tell(`skipped: ${line}`);
  try {
    for (const row of rows.filter(({ name }) => words.every((word) => name.includes(word)))) {
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
  } finally {
    await close();
  }
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
