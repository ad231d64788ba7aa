import type { Coalition } from '../coalition/coalition.js';
import { systemClock } from '../core/clock.js';
import { type ProcessUsage, processUsage } from '../telemetry/process-usage.js';

/** What some work took; CPU and memory are null where the system does not tell. */
export interface Measured {
  readonly tasks: number;
  readonly durationS: number;
  /** Tasks a second. */
  readonly throughput: number;
  /** Of one core, of all processes together. */
  readonly cpuPercent: number | null;
  /** Resident at the end, of all processes together. */
  readonly memoryMb: number | null;
}

/** Does `work`, which answers how many tasks it ran, and measures it over this process and those of the workers. */
export async function measure<Module>(
  coalition: Coalition<Module>,
  work: () => Promise<number>,
): Promise<Measured> {
  const pids = [...new Set([process.pid, ...coalition.workers.map((worker) => worker.pid ?? process.pid)])];
  const before = pids.map(processUsage);
  const startedMs = systemClock.nowMs();
  const tasks = await work();
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

function sum(usages: readonly (ProcessUsage | undefined)[], field: keyof ProcessUsage): number {
  return usages.reduce((total, usage) => total + (usage?.[field] ?? 0), 0);
}
