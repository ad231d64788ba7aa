import type { JoinOptions } from './join-options.js';
import type { JoinedPool } from './joined-pool.js';

/**
 * Joins a coalition as a worker pool, from this or any other process and host that reaches its broker. The pool has
 * its own workers, dispatcher, policy and credits, and receives only tasks of agents that its module has; agents are
 * known by their names. It may come before the coalition's coordinator and outlive it. Resolves once every worker is
 * ready; if anything of that fails, nothing is left behind.
 * @throws `InvalidOption`, also for a broker that is not shared; `AgentsNotLoaded`, `DuplicateAgent`,
 * `BrokerUnavailable`, `DriverMissing`, `WorkerCrashed`.
 */
export async function joinCoalition(options: JoinOptions): Promise<JoinedPool> {
  const { startJoinedPool } = await import('./start-joined-pool.js');
  return startJoinedPool(options);
}
