import type { CoalitionOptions } from '../options.js';
import type { JoinedPool } from './joined-pool.js';

/** How a pool joins: as a coalition is made, but for what its coordinator alone decides. */
export type JoinOptions = Omit<CoalitionOptions, 'store' | 'durable' | 'name' | 'broker'> & {
  /** The coalition to work for: the `name` that its coordinator was given. */
  readonly name: string;
  /** The shared broker that carries its messages: 'redis://host:6379', 'rediss://…', or one that is open. */
  readonly broker: NonNullable<CoalitionOptions['broker']>;
};

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
