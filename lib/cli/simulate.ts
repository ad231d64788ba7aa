import type { Coalition } from '../coalition/coalition.js';
import { createCoalition } from '../coalition/create-coalition.js';
import { systemClock } from '../core/clock.js';
import { type ProcessUsage, processUsage } from '../telemetry/process-usage.js';
import { addCoalitionOptions, type CoalitionWords, coalitionOptions } from './coalition-options.js';
import type { RegisterCommand } from './frame.js';
import { type Io, printResult } from './io.js';
import { wholeNumber } from './options.js';
import { createProgress } from './progress.js';
import type * as Agents from './simulate-agents.js';

const WORKERS = 2;
const TASKS_MAX = 10_000_000;
const LOOPS_MAX = 100_000;
const EXAMPLE = `
Example:
  $ conclave simulate --workers 2 --tasks 100 --loops 10 --json`;

interface SimulateOptions extends CoalitionWords {
  readonly tasks: number;
  readonly loops: number;
  readonly json?: true;
}

/** What the baseline measured; CPU and memory are null where the system does not tell. */
interface Simulation {
  readonly tasks: number;
  readonly durationS: number;
  /** Tasks a second. */
  readonly throughput: number;
  /** Of one core, of all processes together. */
  readonly cpuPercent: number | null;
  /** Resident at the end, of all processes together. */
  readonly memoryMb: number | null;
}

/** `simulate`: the baseline, in which the workers square `tasks` integers in each of `loops` loops. */
export const registerSimulate: RegisterCommand = (program, io) => {
  addCoalitionOptions(program.command('simulate'))
    .description('the baseline simulation: workers square integers, loop by loop')
    .option('--tasks <n>', 'integers a loop', wholeNumber({ min: 1, max: TASKS_MAX }), 100)
    .option('--loops <n>', 'how many loops', wholeNumber({ min: 1, max: LOOPS_MAX }), 10)
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLE)
    .action(async (options: SimulateOptions) => {
      const simulation = await simulate(options, io);
      printResult(io, options.json, simulation, () => inWords(simulation));
    });
};

async function simulate(options: SimulateOptions, io: Io): Promise<Simulation> {
  const agents = new URL('./simulate-agents.js', import.meta.url);
  const coalition = await createCoalition<typeof Agents>({
    ...coalitionOptions(options, { workers: WORKERS }),
    agents,
  });
  try {
    return await measure(coalition, options, io);
  } finally {
    await coalition.shutdown();
  }
}

async function measure(
  coalition: Coalition<typeof Agents>,
  options: SimulateOptions,
  io: Io,
): Promise<Simulation> {
  const pids = [...new Set([process.pid, ...coalition.workers.map((worker) => worker.pid ?? process.pid)])];
  const before = pids.map(processUsage);
  const startedMs = systemClock.nowMs();
  const tasks = await runLoops(coalition, options, io);
  const durationMs = systemClock.nowMs() - startedMs;
  const after = pids.map(processUsage);
  const cpuMs = sum(after, 'cpuMs') - sum(before, 'cpuMs');
  const isKnown = [...before, ...after].every((usage) => usage !== undefined);
  return {
    tasks,
    durationS: durationMs / 1_000,
    throughput: tasks / (durationMs / 1_000),
    cpuPercent: isKnown ? (100 * cpuMs) / durationMs : null,
    memoryMb: isKnown ? sum(after, 'memoryBytes') / 2 ** 20 : null,
  };
}

/** Squares every integer of every loop, checks each answer, and counts them; stops early when asked to. */
async function runLoops(
  coalition: Coalition<typeof Agents>,
  options: SimulateOptions,
  io: Io,
): Promise<number> {
  const progress = createProgress(io, systemClock);
  const total = options.tasks * options.loops;
  let done = 0;
  try {
    for (let loop = 1; loop <= options.loops && !io.signal.aborted; loop += 1) {
      let n = 0;
      for await (const squared of coalition.map('square', integers(options.tasks))) {
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

function sum(usages: readonly (ProcessUsage | undefined)[], field: keyof ProcessUsage): number {
  return usages.reduce((total, usage) => total + (usage?.[field] ?? 0), 0);
}

function inWords({ tasks, durationS, throughput, cpuPercent, memoryMb }: Simulation): string {
  const used =
    cpuPercent === null ? '' : `, ${cpuPercent.toFixed(0)} % of a core, ${memoryMb?.toFixed(0)} MB`;
  return `${tasks} tasks in ${durationS.toFixed(3)} s: ${throughput.toFixed(0)} tasks/s${used}`;
}
