import type { Coalition } from '../coalition/coalition.js';
import { systemClock } from '../core/clock.js';
import { leastMakespanMs } from '../scheduling/makespan.js';
import { SCHEDULE_DEFAULT, type ScheduleName } from '../scheduling/policies.js';
import { type CoalitionWords, startFor } from './coalition-options.js';
import type { Io } from './io.js';
import { type Measured, measure } from './measure.js';
import { createProgress } from './progress.js';
import type * as Agents from './simulate-burst-agents.js';
import type { BurstTask } from './simulate-burst-agents.js';

const LONG_MS = 80;
const SHORT_MS = 8;
const TASKS_A_WORKER = 40;

/** How a burst is run. */
export interface BurstOptions extends CoalitionWords {
  readonly workers: number;
  /** A loop's; 40 a worker if left out. */
  readonly tasks?: number;
  /** Bursts one after the other; 1 if left out. */
  readonly loops?: number;
}

/** How a schedule did in the burst. */
export interface Burst extends Measured {
  readonly schedule: ScheduleName;
  /** From the first submit of a burst to its last result; the mean over the loops. */
  readonly makespanS: number;
  /** The least that any schedule could take. */
  readonly idealMakespanS: number;
  /** The one over the other. */
  readonly ratio: number;
  /** What each worker ran, the one with the most long tasks first; null for inline workers, which cannot be told apart. */
  readonly perWorker: readonly Share[] | null;
}

/** What one worker ran. */
interface Share {
  readonly tasks: number;
  /** Of these, the long ones. */
  readonly longTasks: number;
}

const NOTHING: Share = { tasks: 0, longTasks: 0 };

/** By process and thread. */
type Shares = Map<string, Share>;

/**
 * Runs an adversarial burst: of n workers' tasks every n-th is long (80 ms, the others 8 ms), so that strict turns
 * give all long ones to one worker, as long as its credit has room for them. Every result is checked.
 */
export async function simulateBurst(options: BurstOptions, io: Io): Promise<Burst> {
  const { workers, loops = 1, schedule = SCHEDULE_DEFAULT } = options;
  const tasks = burstTasks(options.tasks ?? TASKS_A_WORKER * workers, workers);
  const agents = new URL('./simulate-burst-agents.js', import.meta.url);
  const coalition = await startFor<typeof Agents>({ ...options, schedule }, 'burst', agents);
  try {
    const shares: Shares = new Map();
    const measured = await measure(coalition, () => runBursts(coalition, tasks, loops, shares, io));
    const makespanS = measured.durationS / loops;
    const waitsMs = tasks.map(({ waitMs }) => waitMs);
    const idealMakespanS = leastMakespanMs(waitsMs, workers) / 1_000;
    return {
      schedule,
      makespanS,
      idealMakespanS,
      ratio: makespanS / idealMakespanS,
      perWorker: options.isolation === 'inline' ? null : perWorker(shares, workers),
      ...measured,
    };
  } finally {
    await coalition.shutdown();
  }
}

/** A burst in words, one line. */
export function burstInWords(burst: Burst): string {
  const { schedule, tasks, makespanS, idealMakespanS, ratio, perWorker } = burst;
  const longTasks = perWorker?.map((share) => share.longTasks).join(', ');
  const spread = longTasks === undefined ? '' : `; long tasks a worker: ${longTasks}`;
  return (
    `${schedule}: ${tasks} tasks, makespan ${makespanS.toFixed(3)} s, ` +
    `${ratio.toFixed(2)} of the ideal ${idealMakespanS.toFixed(3)} s${spread}`
  );
}

function burstTasks(count: number, workers: number): readonly BurstTask[] {
  return Array.from({ length: count }, (_, n) => ({ n, waitMs: n % workers === 0 ? LONG_MS : SHORT_MS }));
}

/** Runs the bursts one after the other, checks each answer, and counts them. Rejects when asked to stop: half a burst has no makespan. */
async function runBursts(
  coalition: Coalition<typeof Agents>,
  tasks: readonly BurstTask[],
  loops: number,
  shares: Shares,
  io: Io,
): Promise<number> {
  const progress = createProgress(io, systemClock);
  const total = tasks.length * loops;
  let done = 0;
  try {
    for (let loop = 1; loop <= loops; loop += 1) {
      let expected = 0;
      const answers = coalition.map('wait', tasks, { concurrency: tasks.length, signal: io.signal });
      for await (const { n, ranBy } of answers) {
        if (n !== expected) io.fail(`task ${expected} of the burst came back as ${n}`);
        count(shares, ranBy, tasks[n]?.waitMs === LONG_MS);
        expected += 1;
        done += 1;
        progress.update(done, total, `burst ${loop}`);
      }
      if (expected !== tasks.length) io.fail(`${expected} of ${tasks.length} tasks of the burst came back`);
    }
  } finally {
    progress.stop();
  }
  return done;
}

function count(shares: Shares, ranBy: string, isLong: boolean): void {
  const { tasks, longTasks } = shares.get(ranBy) ?? NOTHING;
  shares.set(ranBy, { tasks: tasks + 1, longTasks: longTasks + (isLong ? 1 : 0) });
}

/** The most long ones first, with nothing for each worker that ran none. */
function perWorker(shares: Shares, workers: number): readonly Share[] {
  const ran = [...shares.values()].sort((left, right) => right.longTasks - left.longTasks);
  return [...ran, ...Array.from({ length: Math.max(0, workers - ran.length) }, () => NOTHING)];
}
