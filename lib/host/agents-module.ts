import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AnyActorLogic } from 'xstate';
import { ConclaveError, messageOf } from '../core/errors.js';
import { copyOf, type Fields, hasMethods, readable, shown, wrong } from '../core/parse.js';
import { isStandardSchema } from '../core/payload.js';
import { isAgent, type LoadedAgent } from './contract.js';

const NAME_LENGTH_MAX = 256;
const LOGIC = ['transition', 'getInitialSnapshot'] satisfies (keyof AnyActorLogic)[];

/** The agents of a coalition, by name. */
export type AgentTable = ReadonlyMap<string, LoadedAgent>;

/**
 * Loads a compiled module and finds the agents among its exports.
 * @throws `AgentsNotLoaded` when it is TypeScript, missing, fails to load or exports no agent; `DuplicateAgent`.
 */
export async function loadAgents(url: string): Promise<AgentTable> {
  refuseSource(url);
  let exported: Record<string, unknown>;
  try {
    exported = await import(url);
  } catch (error) {
    throw new ConclaveError('AgentsNotLoaded', `The agents module ${url} did not load: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return agentTable(Object.values(exported), url);
}

/** The agents among these values and lists of values; the same agent exported under two names counts once. */
export function agentTable(values: readonly unknown[], from: string): AgentTable {
  const table = new Map<string, LoadedAgent>();
  for (const agent of new Set(values.flat().filter(isAgent))) {
    refuseMalformed(copyOf(agent, `an agent of ${from}`), from);
    if (table.has(agent.name)) {
      throw new ConclaveError(
        'DuplicateAgent',
        `Two agents of ${from} are called "${agent.name}"; each needs a name of its own. Rename one of them.`,
      );
    }
    table.set(agent.name, agent);
  }
  if (table.size === 0) {
    throw new ConclaveError(
      'AgentsNotLoaded',
      `${from} exports no agent. Export what defineAgent({ name, handle }) returns, by name.`,
    );
  }
  return table;
}

/** JavaScript has no compiler to see to this. */
function refuseMalformed(agent: Fields, from: string): void {
  const { name, input } = agent;
  if (typeof name !== 'string' || name === '' || name.length > NAME_LENGTH_MAX) {
    throw new ConclaveError(
      'InvalidOption',
      `An agent of ${from} has the name ${shown(name)}; it must be a text of 1 to ${NAME_LENGTH_MAX} characters.`,
    );
  }
  refuseWork(name, agent);
  const isSchema = readable(`input of agent "${name}"`, () => isStandardSchema(input));
  if (input === undefined || isSchema) return;
  throw wrong(`input of agent "${name}"`, 'a Standard Schema, as zod, valibot or arktype make it', input);
}

/** Something to do, and one thing alone. */
function refuseWork(name: string, { handle, logic }: Fields): void {
  if (handle !== undefined && logic !== undefined) {
    throw new ConclaveError(
      'InvalidOption',
      `Agent "${name}" has both handle and logic. Leave one out, or make two agents of it.`,
    );
  }
  if (handle === undefined && logic === undefined) {
    throw new ConclaveError(
      'InvalidOption',
      `Agent "${name}" has nothing to do. Give it handle, a function of payload and context, or logic, an XState logic.`,
    );
  }
  if (handle !== undefined && typeof handle !== 'function') {
    throw wrong(`handle of agent "${name}"`, 'a function', handle);
  }
  if (logic !== undefined && !hasMethods(`logic of agent "${name}"`, logic, LOGIC)) {
    throw wrong(
      `logic of agent "${name}"`,
      'an XState logic, such as setup(…).createMachine(…) or fromPromise(…)',
      logic,
    );
  }
}

function refuseSource(url: string): void {
  if (/\.[mc]?tsx?$/.test(new URL(url).pathname)) {
    throw new ConclaveError(
      'AgentsNotLoaded',
      `The agents module ${url} is TypeScript, which a worker cannot run. Pass the compiled file, such as ` +
        "new URL('./agents.js', import.meta.url).",
    );
  }
  if (url.startsWith('file:') && !existsSync(fileURLToPath(url))) {
    throw new ConclaveError(
      'AgentsNotLoaded',
      `The agents module ${url} does not exist. Check the path; was the project built?`,
    );
  }
}
