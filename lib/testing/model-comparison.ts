import { strict as assert } from 'node:assert';
import type { RunDetails } from 'fast-check';
import { initial } from '../brokers/model.js';
import { systemClock } from '../core/clock.js';
import { loadDriver } from '../core/driver.js';
import { BrokerLockstep } from './broker-lockstep.js';
import type { BrokerPromise } from './broker-promise.js';
import type { BrokerFactory } from './broker-under-test.js';
import { lockstepSequence, tinyLimits, tinyTimelessLimits } from './lockstep-arbitrary.js';
import type { LockstepCommand, LockstepSequence } from './lockstep-command.js';
import { runThenEnd } from './run-then-end.js';

/** How much of the random comparison to do. */
export interface ConformanceOptions {
  /** Sequences of commands at most (default 1,000). */
  readonly sequences?: number;
  /** Commands a sequence (default 50). */
  readonly commands?: number;
  /** How long to go on at most: as many sequences as fit are compared (default: no end). */
  readonly budgetMs?: number;
  /** Replays what a failure printed. */
  readonly seed?: number;
  /** The path that goes with the seed. */
  readonly path?: string;
}

/** So many sequences must have met every outcome, or they prove little. */
const SEQUENCES_TELLING = 100;

/** Every outcome that a fair number of random sequences must have met. */
const WORDS = [
  'accepted',
  'duplicate',
  'full',
  'too-large',
  'ok',
  'stale',
  'dead-lettered',
  'delivered',
  'delivered again',
  'nothing',
  'called off',
  'ShuttingDown',
  'closed',
];

/** And what only a broker that does not lack the trait can have met. */
const WORDS_OF_TRAITS = {
  answers: ['answer found', 'answers read', 'no answer'],
  delay: ['delivered after its delay'],
  durable: ['opened again'],
  keys: ['held back'],
  priorities: ['before an older one', 'before a larger priority'],
} as const;

/**
 * The comparison with the model that fits the broker: to the millisecond where it can be told the time, and else of
 * all that does not depend on an instant, on bounded real time.
 */
export function modelPromise(factory: BrokerFactory, options: ConformanceOptions): BrokerPromise {
  const { sequences = 1_000, commands = 50, budgetMs } = options;
  const howMany =
    budgetMs === undefined
      ? `in ${sequences} random sequences of ${commands} commands`
      : `in random sequences of ${commands} commands, as many as fit in ${budgetMs / 1_000} s`;
  const isExact = factory.lacks?.includes('time') !== true;
  return {
    name: `answers as the model does, ${isExact ? '' : 'but for exact times, '}${howMany}`,
    needs: ['limits'],
    check: (each) => compare(each, isExact, { ...options, sequences, commands }),
  };
}

async function compare(
  factory: BrokerFactory,
  isExact: boolean,
  options: ConformanceOptions & { readonly sequences: number; readonly commands: number },
): Promise<void> {
  const fc = await loadDriver(
    'fast-check',
    'the random comparison of brokerConformance',
    () => import('fast-check'),
  );
  const { sequences, commands, budgetMs, seed, path } = options;
  const seen = new Map<string, number>();
  const untilMs = systemClock.nowMs() + (budgetMs ?? Number.POSITIVE_INFINITY);
  let compared = 0;
  let hasFailed = false;
  const lacks = factory.lacks ?? [];
  const sequence = lockstepSequence(fc, { lacks, isExact, length: commands });
  const property = fc.asyncProperty(sequence, async (each) => {
    // fast-check's own time limit would leave the last sequence running. A failure is shrunk whatever the time.
    if (!hasFailed && systemClock.nowMs() > untilMs) return;
    const attempt = runInLockstep(factory, each, isExact, seen);
    await attempt.catch((error: unknown) => {
      hasFailed = true;
      throw error;
    });
    compared += 1;
  });
  await fc.assert(property, {
    numRuns: sequences,
    reporter: report,
    ...(seed === undefined ? {} : { seed }),
    ...(path === undefined ? {} : { path }),
  });
  assert(compared > 0, `no sequence was compared within ${budgetMs} ms: allow more`);
  if (compared < SEQUENCES_TELLING) return;
  const unseen = wordsFor(factory).filter((word) => !seen.has(word));
  assert.deepEqual(unseen, [], 'outcomes that no sequence has met: the comparison proves little');
}

/** A failure as the moves that lead to it, and how to see it again. */
function report({
  failed,
  counterexample,
  seed,
  counterexamplePath,
  errorInstance,
}: RunDetails<[LockstepSequence]>) {
  if (!failed) return;
  const { clients, moves } = counterexample?.[0] ?? { clients: 1, moves: [] };
  const lines = moves.filter(({ commands }) => !isIdle(commands)).map((move) => `  ${JSON.stringify(move)}`);
  const message = [
    errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
    `after these moves, with ${clients} client${clients === 1 ? '' : 's'}:`,
    ...lines,
    `Again: brokerConformance(factory, { seed: ${seed}, path: '${counterexamplePath}' })`,
  ].join('\n');
  throw Object.assign(new assert.AssertionError({ message }), { cause: errorInstance });
}

function isIdle(commands: readonly LockstepCommand[]): boolean {
  return commands.every(({ type }) => type === 'idle');
}

function wordsFor({ lacks = [] }: BrokerFactory): readonly string[] {
  const traits = ['answers', 'delay', 'durable', 'keys', 'priorities'] as const;
  const kept = traits.filter((trait) => !lacks.includes(trait));
  return [...WORDS, ...kept.flatMap((trait) => WORDS_OF_TRAITS[trait])];
}

async function runInLockstep(
  factory: BrokerFactory,
  { moves, clients }: LockstepSequence,
  isExact: boolean,
  seen: Map<string, number>,
): Promise<void> {
  const limits = isExact ? tinyLimits : tinyTimelessLimits;
  const under = await factory.open(limits);
  const { leaseHolders = 'dead' } = factory;
  const terms = { holders: leaseHolders, isExact };
  const state = initial(limits, under.broker.capabilities);
  const lockstep = await BrokerLockstep.begin(under, state, terms, clients);
  const runAll = async () => {
    for (const move of moves) await lockstep.run(move);
  };
  await runThenEnd(runAll, () => lockstep.end());
  for (const [word, count] of lockstep.seen) seen.set(word, (seen.get(word) ?? 0) + count);
}
