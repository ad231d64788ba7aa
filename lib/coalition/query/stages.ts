import { ConclaveError } from '../../core/errors.js';

/** The part of an agent that decides when in a loop it runs. */
export interface Staged {
  readonly name: string;
  readonly after?: readonly string[];
}

/**
 * Orders agents into stages: each in the first one that comes after all it names in `after`. Within a stage
 * they keep the order given. Source: Kahn, "Topological sorting of large networks", CACM 5(11), 1962.
 * @throws `UnknownAgent` for a name nobody has; `InvalidOption` for a circle.
 */
export function stagesOf(agents: readonly Staged[]): readonly (readonly string[])[] {
  const names = new Set(agents.map((agent) => agent.name));
  for (const agent of agents) refuseUnknown(agent, names);
  const placed = new Set<string>();
  const stages: string[][] = [];
  while (placed.size < agents.length) {
    const stage = agents
      .filter((agent) => !placed.has(agent.name) && (agent.after ?? []).every((name) => placed.has(name)))
      .map((agent) => agent.name);
    if (stage.length === 0) throw circle(agents.filter((agent) => !placed.has(agent.name)));
    for (const name of stage) placed.add(name);
    stages.push(stage);
  }
  return stages;
}

function refuseUnknown(agent: Staged, names: ReadonlySet<string>): void {
  const unknown = agent.after?.find((name) => !names.has(name));
  if (unknown === undefined) return;
  throw new ConclaveError(
    'UnknownAgent',
    `Agent "${agent.name}" comes after "${unknown}", which nobody defines; there are ${[...names].join(', ')}.`,
  );
}

function circle(agents: readonly Staged[]): ConclaveError {
  const names = agents.map((agent) => `${agent.name} (after ${agent.after?.join(', ')})`).join('; ');
  return new ConclaveError('InvalidOption', `These agents wait for one another in a circle: ${names}.`);
}
