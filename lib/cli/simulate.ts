import { Option } from 'commander';
import type { Coalition } from '../coalition/coalition.js';
import { systemClock } from '../core/clock.js';
import { addCoalitionOptions, type CoalitionWords, startFor } from './coalition-options.js';
import type { RegisterCommand } from './frame.js';
import { type Io, printResult } from './io.js';
import { type Measured, measure } from './measure.js';
import { wholeNumber } from './options.js';
import { createProgress } from './progress.js';
import type * as Agents from './simulate-agents.js';
import { burstInWords, simulateBurst } from './simulate-burst.js';
import { UsageError } from './usage.js';

const WORKERS = 2;
const TASKS = 100;
const LOOPS = 10;
const TASKS_MAX = 10_000_000;
const BURST_TASKS_MAX = 1_000_000;
const LOOPS_MAX = 100_000;
const TEXT = `
Profiles:
  squares  the baseline: throughput of tasks that take no time
  burst    every n-th task for n workers is a long one (80 ms, the others 8 ms):
           strict turns give all of them to one worker, stealing and the common
           line of priority do not. Tasks wait on a timer and use no core, so
           that it is the schedule that is measured: its makespan in parts of
           the ideal one, the least that any schedule could take.

Examples:
  $ conclave simulate --workers 2 --tasks 100 --loops 10 --json
  $ conclave simulate --profile burst --schedule round-robin
  $ conclave simulate --profile burst --schedule work-stealing --workers 4`;

interface SimulateOptions extends CoalitionWords {
  readonly profile: 'squares' | 'burst';
  readonly tasks?: number;
  readonly loops?: number;
  readonly json?: true;
}

/** `simulate`: in each of `loops` loops the workers square `tasks` integers, the baseline, or run a burst of tasks. */
export const registerSimulate: RegisterCommand = (program, io) => {
  addCoalitionOptions(program.command('simulate'), { workers: `${WORKERS}` })
    .description('the baseline simulation: workers square integers, loop by loop; or a burst of uneven tasks')
    .addOption(
      new Option('--profile <profile>', 'what the workers do')
        .choices(['squares', 'burst'])
        .default('squares'),
    )
    .option(
      '--tasks <n>',
      'tasks a loop (default 100; burst: 40 a worker)',
      wholeNumber({ min: 1, max: TASKS_MAX }),
    )
    .option('--loops <n>', 'how many loops (default 10; burst: 1)', wholeNumber({ min: 1, max: LOOPS_MAX }))
    .option('--json', 'print JSON')
    .addHelpText('after', TEXT)
    .action((options: SimulateOptions) =>
      options.profile === 'burst' ? burst(options, io) : squares(options, io),
    );
};

async function burst({ json, ...options }: SimulateOptions, io: Io): Promise<void> {
  const { tasks = 1 } = options;
  if (tasks > BURST_TASKS_MAX)
    throw new UsageError(
      `--tasks ${tasks}: a burst is all under way at once. Accepted: 1 to ${BURST_TASKS_MAX}.`,
    );
  const outcome = await simulateBurst({ ...options, workers: options.workers ?? WORKERS }, io);
  printResult(io, json, outcome, () => burstInWords(outcome));
}

async function squares({ json, ...options }: SimulateOptions, io: Io): Promise<void> {
  const { tasks = TASKS, loops = LOOPS } = options;
  const agents = new URL('./simulate-agents.js', import.meta.url);
  const coalition = await startFor<typeof Agents>(options, 'simulate', agents, { workers: WORKERS });
  try {
    const outcome = await measure(coalition, () => runLoops(coalition, tasks, loops, io));
    printResult(io, json, outcome, () => inWords(outcome));
  } finally {
    await coalition.shutdown();
  }
}

/** Squares every integer of every loop, checks each answer, and counts them; stops early when asked to. */
async function runLoops(
  coalition: Coalition<typeof Agents>,
  tasks: number,
  loops: number,
  io: Io,
): Promise<number> {
  const progress = createProgress(io, systemClock);
  const total = tasks * loops;
  let done = 0;
  try {
    for (let loop = 1; loop <= loops && !io.signal.aborted; loop += 1) {
      let n = 0;
      for await (const squared of coalition.map('square', integers(tasks))) {
        if (squared !== n * n) io.fail(`the square of ${n} came back as ${squared}`);
        n += 1;
        done += 1;
        if (io.signal.aborted) break;
        progress.update(done, total, `loop ${loop}`);
      }
    }
  } finally {
    progress.stop();
  }
  return done;
}

function* integers(count: number): Generator<{ readonly n: number }> {
  for (let n = 0; n < count; n += 1) yield { n };
}

function inWords({ tasks, durationS, throughput, cpuPercent, memoryMb }: Measured): string {
  const used =
    cpuPercent === null ? '' : `, ${cpuPercent.toFixed(0)} % of a core, ${memoryMb?.toFixed(0)} MB`;
  return `${tasks} tasks in ${durationS.toFixed(3)} s: ${throughput.toFixed(0)} tasks/s${used}`;
}
