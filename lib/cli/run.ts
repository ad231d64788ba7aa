import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Coalition } from '../coalition/coalition.js';
import type { CoalitionDefinition } from '../coalition/define.js';
import { systemClock } from '../core/clock.js';
import { messageOf } from '../core/errors.js';
import type { Plain } from '../core/value.js';
import type { Claim } from '../storage/contract.js';
import { addCoalitionOptions, type CoalitionWords, startFor } from './coalition-options.js';
import type { RegisterCommand } from './frame.js';
import { type Io, printResult } from './io.js';
import { someText, wholeNumber } from './options.js';
import { ownClaims } from './own-claims.js';
import { createProgress, type Progress } from './progress.js';
import { UsageError } from './usage.js';

const LOOPS_MAX = 10_000;
const SHIPPED: ReadonlyMap<string, URL> = new Map([
  ['research', new URL('../../examples/research/coalition.js', import.meta.url)],
]);
const EXAMPLES = `
Examples:
  $ conclave run research --docs handbook --query "Who may write to the store?"
  $ conclave run ./coalition.js --query "anything" --loops 3 --store file:claims.db --json
  $ OPENAI_BASE_URL=http://localhost:11434/v1 conclave run research --docs handbook --model llama3 --query "Who writes?"`;

/* What a coalition may say of itself comes before what holds for any. */
const OWN_DEFAULTS = {
  workers: 'as the coalition says, else as many as the machine runs at once',
  isolation: 'as the coalition says, else process',
};

interface RunOptions extends CoalitionWords {
  readonly docs?: string;
  readonly model?: string;
  readonly query: string;
  readonly loops?: number;
  readonly json?: true;
}

/** What a run found. */
interface RunResult {
  readonly answer: string;
  readonly claims: readonly Pick<Claim, 'id' | 'agent' | 'text' | 'sources' | 'verdict'>[];
  readonly loops: number;
  readonly durationS: number;
}

/** `run research`, `run FILE`: puts a question to a coalition and prints its answer. */
export const registerRun: RegisterCommand = (program, io) => {
  addCoalitionOptions(program.command('run'), OWN_DEFAULTS)
    .description('run a coalition on a question: one that ships (research), or the one that a module exports')
    .argument(
      '<coalition>',
      "'research', or a compiled module whose default export is defineCoalition({...})",
    )
    .requiredOption('--query <text>', 'the question', someText)
    .option('--docs <folder>', 'the documents to ask')
    .option(
      '--model <name>',
      'a language model to ask as well, at OPENAI_BASE_URL with OPENAI_API_KEY (default: none)',
      someText,
    )
    .option(
      '--loops <n>',
      'how often every agent is dispatched (default as the coalition says, else 1; research: 2)',
      wholeNumber({ min: 1, max: LOOPS_MAX }),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, options: RunOptions) => {
      const definition = await loadDefinition(name);
      const result = await run(definition, options, io);
      printResult(io, options.json, result, () => result.answer);
    });
};

async function run(definition: CoalitionDefinition, options: RunOptions, io: Io): Promise<RunResult> {
  const docs = options.docs === undefined ? undefined : resolve(options.docs);
  const request = { query: options.query, docs, model: options.model };
  const query = (await definition.prepare?.(request)) ?? options.query;
  const { workers, isolation, agents } = definition;
  const module = typeof agents === 'function' ? agents(request) : agents;
  const own = { ...(workers && { workers }), ...(isolation && { isolation }) };
  const coalition = await startFor(options, definition.name, module, own);
  try {
    return await ask(coalition, definition, query, options.loops ?? definition.loops ?? 1, io);
  } finally {
    await coalition.shutdown();
  }
}

async function ask(
  coalition: Coalition,
  definition: CoalitionDefinition,
  query: Plain,
  loops: number,
  io: Io,
): Promise<RunResult> {
  const progress = showProgress(coalition, loops, io);
  try {
    const report = await coalition.runQuery(query, { loops, signal: io.signal });
    for (const { agent, loop, error } of report.failures)
      io.fail(`${agent} failed in loop ${loop}: ${error.message}`);
    for (const failure of definition.failures?.(coalition.state, query) ?? []) io.fail(failure);
    const answer =
      definition.answer?.(coalition.state, query) ?? JSON.stringify(report.results.at(-1)?.value ?? null);
    const claims = (await ownClaims(coalition, report)).map(({ id, agent, text, sources, verdict }) => {
      return { id, agent, text, sources, verdict };
    });
    return { answer, claims, loops, durationS: report.durationS };
  } finally {
    progress.stop();
  }
}

/** A bar over all tasks of all loops, with what the running one says of itself. */
function showProgress(coalition: Coalition, loops: number, io: Io): Progress {
  const progress = createProgress(io, systemClock);
  const total = loops * coalition.agents.length;
  let done = 0;
  coalition.on('task', ({ state, agent }) => {
    if (state !== 'retrying') done += 1;
    progress.update(done, total, agent);
  });
  coalition.on('progress', ({ agent, fraction }) => progress.update(done + fraction, total, agent));
  return progress;
}

/** Finds the coalition that a word names; what cannot be run is a wrong request. */
async function loadDefinition(name: string): Promise<CoalitionDefinition> {
  const url = SHIPPED.get(name) ?? fileUrl(name);
  let exported: { readonly default?: unknown };
  try {
    exported = await import(url.href);
  } catch (error) {
    throw new UsageError(`'${name}' did not load: ${messageOf(error)}`);
  }
  if (isDefinition(exported.default)) return exported.default;
  throw new UsageError(
    `'${name}' has no coalition. Accepted: a module with export default defineCoalition({ name, agents }).`,
  );
}

function fileUrl(name: string): URL {
  const path = resolve(name);
  if (!existsSync(path)) {
    throw new UsageError(
      `no coalition is called '${name}'. Accepted: ${[...SHIPPED.keys()].join(', ')}, or the path of a module.`,
    );
  }
  if (/\.[mc]?tsx?$/.test(path)) {
    throw new UsageError(
      `'${name}' is TypeScript, which a worker cannot run. Accepted: the compiled module.`,
    );
  }
  return pathToFileURL(path);
}

function isDefinition(value: unknown): value is CoalitionDefinition {
  if (typeof value !== 'object' || value === null) return false;
  if (!('name' in value && typeof value.name === 'string' && 'agents' in value)) return false;
  return value.agents instanceof URL || typeof value.agents === 'function';
}
