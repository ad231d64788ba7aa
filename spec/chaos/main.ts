import { Command, InvalidArgumentError, Option } from 'commander';
import { describeRound, explainRound, summarize } from './report.js';
import { playRound, type RoundReport } from './round.js';
import type { SceneName } from './scene.js';

/*
 * `npm run chaos -- brokers --minutes 3`: rounds of load under faults, each on a new queue, drained and judged. A line
 * a round on stderr, of one that is
 * not clean also what was done and where its journals are; the sum as JSON on stdout; exit 1 if anything was lost, unexpected, doubled, stale or disordered.
 */
const ROUND_SECONDS_MAX = 20;
const DURABLE: readonly SceneName[] = ['file', 'redis'];

const command = new Command('chaos')
  .argument('<what>', 'what is put under faults: brokers', (what) => {
    if (what !== 'brokers') throw new InvalidArgumentError("there is only 'brokers'.");
    return what;
  })
  .option('--minutes <number>', 'how long to go on, over all brokers', positive, 1)
  .addOption(new Option('--broker <name>', 'this one alone').choices(DURABLE))
  .option('--seed <number>', 'of the first round; each next one has the next', Number, Date.now() % 1_000_000)
  .parse();
const { minutes, broker, seed } = command.opts<{ minutes: number; broker?: SceneName; seed: number }>();
const reports = await playRounds(broker === undefined ? DURABLE : [broker]);
process.stdout.write(`${JSON.stringify(summarize(reports))}\n`);
if (reports.some(({ objections }) => objections.length > 0)) process.exitCode = 1;

/** In turn, so that each broker gets its share of the time. */
async function playRounds(brokers: readonly SceneName[]): Promise<readonly RoundReport[]> {
  const played: RoundReport[] = [];
  const endMs = performance.now() + minutes * 60_000;
  const seconds = Math.min(ROUND_SECONDS_MAX, (minutes * 60) / brokers.length);
  for (let round = 0; performance.now() < endMs || round < brokers.length; round += 1) {
    const name = brokers[round % brokers.length] ?? 'redis';
    const report = await playRound({ broker: name, seed: seed + round, seconds, keeps: true });
    played.push(report);
    process.stderr.write(`${describeRound(report)}\n${explainRound(report)}`);
  }
  return played;
}

function positive(text: string): number {
  const number = Number(text);
  if (number > 0 && number < Number.POSITIVE_INFINITY) return number;
  throw new InvalidArgumentError('it must be a number above 0.');
}
