import type { Coalition } from './coalition.js';
import type { CoalitionOptions } from './options.js';

/**
 * Starts a coalition; resolves when it leads and every worker is ready. If anything of that fails, nothing is
 * left behind. The type argument, `typeof import('./agents.js')`, makes names, payloads and results typed.
 * @throws `InvalidOption`, `AgentsNotLoaded`, `DuplicateAgent`, `UnknownAgent` (in `after`), `BrokerUnavailable`,
 * `StoreUnavailable`, `DriverMissing`, `LeaseHeld`, `WorkerCrashed`.
 */
export async function createCoalition<Module = unknown>(
  options: CoalitionOptions,
): Promise<Coalition<Module>> {
  const { startCoalition } = await import('./start-coalition.js');
  return startCoalition<Module>(options);
}
