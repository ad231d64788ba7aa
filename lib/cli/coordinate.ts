import { systemClock } from '../core/clock.js';
import type { Claim } from '../storage/contract.js';
import { addCoalitionOptions, type CoalitionWords, startFor } from './coalition-options.js';
import type { RegisterCommand } from './frame.js';
import { type Io, printResult } from './io.js';
import { wholeNumber } from './options.js';
import { ownClaims } from './own-claims.js';
import { createProgress } from './progress.js';

const WORKERS = 2;
const AGENTS_MAX = 1_000;
const LOOPS_MAX = 10_000;
const CLAIMS_MAX = 1_000;
const SEED_MAX = 2 ** 31 - 1;
const JITTER_MS = 20;
const EXAMPLE = `
Example:
  $ conclave coordinate --agents 3 --loops 2 --claims 2 --jitter --seed 7 --json`;

interface CoordinateOptions extends CoalitionWords {
  readonly agents: number;
  readonly loops: number;
  readonly claims: number;
  readonly jitter?: true;
  readonly seed: number;
  readonly json?: true;
}

/** What was to be there, and what was found in the shared state and in the store. */
interface Coordination {
  readonly expectedResults: number;
  readonly aggregatedResults: number;
  readonly expectedClaims: number;
  readonly persistedClaims: number;
  readonly duplicateClaims: number;
  /** Loops one after the other, and each agent's claims in the order in which it made them. */
  readonly orderingOk: boolean;
}

/** `coordinate`: end to end over agents, the aggregator and the storage. */
export const registerCoordinate: RegisterCommand = (program, io) => {
  addCoalitionOptions(program.command('coordinate'), { workers: `${WORKERS}` })
    .description('end to end: agents answer and claim, loop by loop; results and claims are counted')
    .option('--agents <n>', 'how many agents', wholeNumber({ min: 1, max: AGENTS_MAX }), 3)
    .option('--loops <n>', 'how many loops', wholeNumber({ min: 1, max: LOOPS_MAX }), 2)
    .option('--claims <n>', 'claims an agent makes in a loop', wholeNumber({ min: 0, max: CLAIMS_MAX }), 2)
    .option('--jitter', `agents pause up to ${JITTER_MS} ms before each claim`)
    .option('--seed <n>', 'what the pauses are drawn from', wholeNumber({ min: 0, max: SEED_MAX }), 1)
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLE)
    .action(async (options: CoordinateOptions) => {
      const found = await coordinate(options, io);
      if (!isComplete(found) && !io.signal.aborted)
        io.fail('results or claims were lost, doubled or out of order');
      printResult(io, options.json, found, () => inWords(found));
    });
};

async function coordinate(options: CoordinateOptions, io: Io): Promise<Coordination> {
  const coalition = await startFor(options, 'coordinate', agentsModule(options), { workers: WORKERS });
  const progress = createProgress(io, systemClock);
  let done = 0;
  const total = options.agents * options.loops;
  coalition.on('task', ({ state, agent }) => {
    if (state === 'completed') progress.update(++done, total, agent);
  });
  try {
    const report = await coalition.runQuery(null, { loops: options.loops, signal: io.signal });
    return compare(options, report.results.length, await ownClaims(coalition, report));
  } finally {
    progress.stop();
    await coalition.shutdown();
  }
}

function agentsModule({ agents, claims, jitter, seed }: CoordinateOptions): URL {
  const url = new URL('./coordinate-agents.js', import.meta.url);
  const request = { agents, claims, seed, jitterMs: jitter === true ? JITTER_MS : 0 };
  for (const [name, value] of Object.entries(request)) url.searchParams.set(name, String(value));
  return url;
}

function compare(
  options: CoordinateOptions,
  aggregatedResults: number,
  claims: readonly Claim[],
): Coordination {
  const { agents, loops, claims: claimsEach } = options;
  return {
    expectedResults: agents * loops,
    aggregatedResults,
    expectedClaims: agents * loops * claimsEach,
    persistedClaims: claims.length,
    duplicateClaims: claims.length - new Set(claims.map((claim) => claim.text)).size,
    orderingOk: isOrdered(claims),
  };
}

/** A claim's text ends in its number among those of its agent and loop. */
function isOrdered(claims: readonly Claim[]): boolean {
  const last = new Map<string, number>();
  let loop = 1;
  for (const claim of claims) {
    const place = `${claim.agent}/${claim.loop}`;
    const number = Number(claim.text.split(' ').at(-1));
    if (claim.loop < loop || number !== (last.get(place) ?? 0) + 1) return false;
    loop = claim.loop;
    last.set(place, number);
  }
  return true;
}

function isComplete(found: Coordination): boolean {
  const { expectedResults, aggregatedResults, expectedClaims, persistedClaims, duplicateClaims } = found;
  const isWhole = expectedResults === aggregatedResults && expectedClaims === persistedClaims;
  return isWhole && duplicateClaims === 0 && found.orderingOk;
}

function inWords(found: Coordination): string {
  return (
    `${found.aggregatedResults} of ${found.expectedResults} results in the shared state, ` +
    `${found.persistedClaims} of ${found.expectedClaims} claims persisted, ${found.duplicateClaims} of them twice, ` +
    `${found.orderingOk ? 'in order' : 'OUT OF ORDER'}`
  );
}
