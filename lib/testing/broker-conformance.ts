import { strict as assert } from 'node:assert';
import { initial } from '../brokers/model.js';
import { loadDriver } from '../core/driver.js';
import { brokerCommand, tinyLimits } from './broker-commands.js';
import { BrokerLockstep, type LockstepCommand } from './broker-lockstep.js';
import type { BrokerPromise } from './broker-promise.js';
import { capabilityPromises } from './broker-promises/capabilities.js';
import { closePromises } from './broker-promises/close.js';
import { delayPromises } from './broker-promises/delays.js';
import { deliveryPromises } from './broker-promises/deliver.js';
import { keyPromises } from './broker-promises/keys.js';
import { priorityPromises } from './broker-promises/priorities.js';
import { publishPromises } from './broker-promises/publish.js';
import { settlePromises } from './broker-promises/settle.js';
import type { BrokerFactory } from './broker-under-test.js';

/** One test of the suite, for any runner. */
export interface ConformanceTest {
  /** The sentence of the contract that it tests. */
  readonly name: string;
  /** Why it does not apply to this broker; undefined if it does. */
  readonly skipped: string | undefined;
  /** Rejects with an assertion error when the broker breaks the promise. */
  readonly run: () => Promise<void>;
}

/** How much of the random comparison to do. */
export interface ConformanceOptions {
  /** Sequences of commands (default 1,000). */
  readonly sequences?: number;
  /** Commands a sequence (default 50). */
  readonly commands?: number;
  /** Replays what a failure printed. */
  readonly seed?: number;
  /** The path that goes with the seed. */
  readonly path?: string;
}

const PROMISES: readonly BrokerPromise[] = [
  ...publishPromises,
  ...deliveryPromises,
  ...delayPromises,
  ...priorityPromises,
  ...keyPromises,
  ...settlePromises,
  ...closePromises,
  ...capabilityPromises,
];

/** Every outcome that a fair number of random sequences must have met, or they prove little. */
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
  'ShuttingDown',
  'closed',
];

/** And what only a broker that does not lack the trait can have met. */
const WORDS_OF_TRAITS = {
  delay: ['delivered after its delay'],
  keys: ['held back'],
  priorities: ['before an older one', 'before a larger priority'],
} as const;

/**
 * The contract of `Broker` as tests: one for each of its sentences, and random command sequences that compare
 * each answer with the model's. Register each with your runner:
 *
 *     for (const test of brokerConformance(factory)) it(test.name, test.run);
 */
export function brokerConformance(
  factory: BrokerFactory,
  options: ConformanceOptions = {},
): readonly ConformanceTest[] {
  return [...PROMISES, modelPromise(options)].map((promise) => ({
    name: promise.name,
    skipped: skipReason(factory, promise),
    run: () => keep(factory, promise),
  }));
}

function skipReason(factory: BrokerFactory, promise: BrokerPromise): string | undefined {
  const missing = promise.needs.filter((trait) => factory.lacks?.includes(trait));
  return missing.length === 0 ? undefined : `${factory.name} lacks: ${missing.join(', ')}`;
}

async function keep(factory: BrokerFactory, promise: BrokerPromise): Promise<void> {
  if (promise.check !== undefined) return promise.check(factory);
  const under = await factory.open(promise.limits ?? {});
  await promise.run?.(under);
  await under.broker.close({ drain: false, deadlineMs: 0 });
  await under.dispose();
}

function modelPromise(options: ConformanceOptions): BrokerPromise {
  const { sequences = 1_000, commands = 50 } = options;
  return {
    name: `answers as the model does, in ${sequences} random sequences of ${commands} commands`,
    needs: ['limits', 'time'],
    check: (factory) => compareWithModel(factory, sequences, commands, options),
  };
}

async function compareWithModel(
  factory: BrokerFactory,
  sequences: number,
  commands: number,
  options: ConformanceOptions,
): Promise<void> {
  const fc = await loadDriver(
    'fast-check',
    'the random comparison of brokerConformance',
    () => import('fast-check'),
  );
  const seen = new Map<string, number>();
  const sequence = fc.array(brokerCommand(fc), {
    minLength: commands,
    maxLength: commands,
    size: 'max',
  });
  const { seed, path } = options;
  await fc.assert(
    fc.asyncProperty(sequence, (steps) => runInLockstep(factory, steps, seen)),
    { numRuns: sequences, ...(seed === undefined ? {} : { seed }), ...(path === undefined ? {} : { path }) },
  );
  if (sequences < 100) return;
  const unseen = wordsFor(factory).filter((word) => !seen.has(word));
  assert.deepEqual(unseen, [], 'outcomes that no sequence has met: the comparison proves little');
}

function wordsFor({ lacks = [] }: BrokerFactory): readonly string[] {
  const kept = (['delay', 'keys', 'priorities'] as const).filter((trait) => !lacks.includes(trait));
  return [...WORDS, ...kept.flatMap((trait) => WORDS_OF_TRAITS[trait])];
}

async function runInLockstep(
  factory: BrokerFactory,
  commands: readonly LockstepCommand[],
  seen: Map<string, number>,
): Promise<void> {
  const under = await factory.open(tinyLimits);
  const lockstep = new BrokerLockstep(under, initial(tinyLimits, under.broker.capabilities));
  for (const command of commands) await lockstep.run(command);
  await under.broker.close({ drain: false, deadlineMs: 0 });
  await under.dispose();
  for (const [word, count] of lockstep.seen) seen.set(word, (seen.get(word) ?? 0) + count);
}
