import { within } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import { type AgentTable, agentTable, loadAgents } from '../host/agents-module.js';
import type { CoalitionSettings } from './options.js';

/** The agents that the settings name. @throws `AgentsNotLoaded`, `DuplicateAgent`; `Timeout` for a module that never loads. */
export function loadTable(settings: CoalitionSettings): Promise<AgentTable> | AgentTable {
  const { agents } = settings;
  return typeof agents === 'string'
    ? loadInTime(agents, settings)
    : agentTable(Object.values(agents), 'agents');
}

/** A module that waits for ever would end the program without a word once nothing else holds it open. */
async function loadInTime(url: string, { clock, limits }: CoalitionSettings): Promise<AgentTable> {
  const loading = loadAgents(url);
  if (await within(clock, limits.workerStartMs, loading)) return loading;
  throw neverLoaded(url, limits.workerStartMs);
}

function neverLoaded(url: string, workerStartMs: number): ConclaveError {
  return new ConclaveError(
    'Timeout',
    `The agents module ${url} had not loaded after ${workerStartMs} ms (workerStartMs): does it await, at its top ` +
      'level, what never comes?',
  );
}
