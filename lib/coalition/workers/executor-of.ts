import type { Executor } from '../../executors/contract.js';
import { InlineExecutor } from '../../executors/inline.js';
import { ProcessExecutor } from '../../executors/process.js';
import { RayExecutor } from '../../executors/ray.js';
import { ThreadExecutor } from '../../executors/thread.js';
import type { AgentTable } from '../../host/agents-module.js';
import { WorkerHost } from '../../host/worker-host.js';
import type { CoalitionSettings } from '../options.js';

/** What runs workers where the settings say. */
export function executorOf(
  { isolation, ray, clock, limits }: CoalitionSettings,
  agents: AgentTable,
): Executor {
  if (isolation === 'ray') return new RayExecutor({ ...ray, startMs: limits.workerStartMs, clock });
  if (isolation === 'process') return new ProcessExecutor();
  if (isolation === 'thread') return new ThreadExecutor();
  return new InlineExecutor(async (spec, send) => new WorkerHost({ spec, agents, clock, send }));
}
