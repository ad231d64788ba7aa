import { fileURLToPath } from 'node:url';
import type { Agent, AgentContext, ClaimDraft, SharedResult, SharedState } from 'conclave';
import * as agents from '../../../examples/research/agents.js';
import research from '../../../examples/research/coalition.js';
import type { ResearchQuery } from '../../../examples/research/findings.js';

/** A path of the repository, whatever the current folder is. */
export function inRepository(path: string): string {
  return fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
}

/** What came of a question. */
export interface Inquiry {
  readonly state: SharedState;
  readonly claims: readonly ClaimDraft[];
  /** Claims published, by loop. */
  readonly perLoop: readonly (readonly ClaimDraft[])[];
  readonly answer: string;
  readonly progress: readonly number[];
}

/** How to ask. */
export interface Asking {
  readonly loops?: number;
  readonly signal?: AbortSignal;
  /** Called before the fact-checker of each loop. */
  readonly beforeCheck?: () => Promise<void>;
}

/** Runs the four agents one after the other in this process, their results crossing as JSON as they do in a pool. */
export async function ask(docs: string, question: string, asking: Asking = {}): Promise<Inquiry> {
  const query: ResearchQuery = { question, docs };
  const results: SharedResult[] = [];
  const progress: number[] = [];
  const perLoop: ClaimDraft[][] = [];
  const state: SharedState = {
    results,
    latest: (name) => results.findLast(({ agent }) => agent === name)?.value,
  };
  for (let loop = 1; loop <= (asking.loops ?? 2); loop += 1) {
    const published: ClaimDraft[] = [];
    const context: AgentContext = {
      id: `task-${loop}`,
      attempt: 1,
      epoch: 1,
      signal: asking.signal ?? new AbortController().signal,
      state,
      claim: (draft) => published.push(draft),
      progress: (fraction) => progress.push(fraction),
      once: async (_key, effect) => effect(),
    };
    const stages = [agents.searcher, agents.synthesizer, agents.contrarian, agents.factChecker] as const;
    for (const [stage, agent] of stages.entries()) {
      if (agent === agents.factChecker) await asking.beforeCheck?.();
      const value = crossed(await agent.handle({ query, loop }, context));
      results.push({ id: `${loop}-${stage}`, loop, stage, agent: nameOf(agent), value });
    }
    perLoop.push(published);
  }
  const answer = research.answer?.(state, query) ?? '';
  return { state, claims: perLoop.flat(), perLoop, answer, progress };
}

function nameOf(agent: Pick<Agent, 'name'>): string {
  return agent.name;
}

/** As the runtime carries a value; `undefined` inside it would be refused there, so it is here. */
function crossed(value: unknown): unknown {
  const text = JSON.stringify(value, (key, item: unknown) => {
    if (item === undefined) throw new Error(`undefined at ${key}: the runtime refuses it`);
    return item;
  });
  return JSON.parse(text);
}
