import { strict as assert } from 'node:assert';
import type { Broker } from '../brokers/contract.js';
import type { BrokerPromise } from './broker-promise.js';
import { answerPromises } from './broker-promises/answers.js';
import { capabilityPromises } from './broker-promises/capabilities.js';
import { closePromises } from './broker-promises/close.js';
import { delayPromises } from './broker-promises/delays.js';
import { deliveryPromises } from './broker-promises/deliver.js';
import { durabilityPromises } from './broker-promises/durability.js';
import { keyPromises } from './broker-promises/keys.js';
import { leaseHolderPromises } from './broker-promises/lease-holders.js';
import { priorityPromises } from './broker-promises/priorities.js';
import { publishPromises } from './broker-promises/publish.js';
import { settlePromises } from './broker-promises/settle.js';
import { sharingPromises } from './broker-promises/sharing.js';
import type { BrokerFactory, BrokerTrait, BrokerUnderTest } from './broker-under-test.js';
import { type ConformanceOptions, modelPromise } from './model-comparison.js';
import { runThenEnd } from './run-then-end.js';

/** One test of the suite, for any runner. */
export interface ConformanceTest {
  /** The sentence of the contract that it tests. */
  readonly name: string;
  /** Why it does not apply to this broker; undefined if it does. */
  readonly skipped: string | undefined;
  /** Rejects with an assertion error when the broker breaks the promise. */
  readonly run: () => Promise<void>;
}

const PROMISES: readonly BrokerPromise[] = [
  ...publishPromises,
  ...deliveryPromises,
  ...delayPromises,
  ...priorityPromises,
  ...keyPromises,
  ...settlePromises,
  ...answerPromises,
  ...closePromises,
  ...durabilityPromises,
  ...leaseHolderPromises,
  ...sharingPromises,
  ...capabilityPromises,
];

const TRAITS: readonly BrokerTrait[] = [
  'answers',
  'delay',
  'durable',
  'keys',
  'limits',
  'priorities',
  'purge',
  'shared',
  'time',
];

/**
 * The contract of `Broker` as tests: one for each of its sentences, and random command sequences that compare
 * each answer with the model's. A factory opens fresh brokers and has the hands on their time; with `reopen` and
 * `another` it covers what outlives a process and what several have open together. Register each with your runner:
 *
 *     const factory: BrokerFactory = {
 *       name: 'mine',
 *       lacks: ['durable', 'shared'],
 *       async open(limits) {
 *         const clock = new ManualClock();
 *         const broker = new MyBroker({ clock, limits });
 *         return { broker, advance: (byMs) => clock.advance(byMs), dispose: async () => {} };
 *       },
 *     };
 *     for (const test of brokerConformance(factory)) {
 *       (test.skipped === undefined ? it : it.skip)(test.name, test.run);
 *     }
 *
 * The name of the first test says what the broker lacks. A failure of the random sequences prints the commands
 * that lead to it, and the seed and path that repeat it. It needs `fast-check` installed.
 */
export function brokerConformance(
  factory: BrokerFactory,
  options: ConformanceOptions = {},
): readonly ConformanceTest[] {
  const tests = [...PROMISES, modelPromise(factory, options)].map((promise) => ({
    name: promise.name,
    skipped: skipReason(factory, promise),
    run: () => keep(factory, promise),
  }));
  return [summary(factory, tests), ...tests];
}

/** Says what the broker lacks, where a runner prints names. */
function summary({ name, lacks = [] }: BrokerFactory, tests: readonly ConformanceTest[]): ConformanceTest {
  const left = tests.filter(({ skipped }) => skipped !== undefined).length;
  const all = `${tests.length} tests`;
  const what =
    lacks.length === 0 ? `nothing: all ${all} apply` : `${lacks.join(', ')}: ${left} of ${all} do not apply`;
  return { name: `${name} lacks ${what}`, skipped: undefined, run: async () => assertTraits(lacks) };
}

function assertTraits(lacks: readonly string[]): void {
  const unknown = lacks.filter((trait) => !TRAITS.some((known) => known === trait));
  assert.deepEqual(unknown, [], `what a broker may lack: ${TRAITS.join(', ')}`);
}

function skipReason(factory: BrokerFactory, promise: BrokerPromise): string | undefined {
  const missing = promise.needs.filter((trait) => factory.lacks?.includes(trait));
  return missing.length === 0 ? undefined : `${factory.name} lacks: ${missing.join(', ')}`;
}

async function keep(factory: BrokerFactory, promise: BrokerPromise): Promise<void> {
  if (promise.check !== undefined) return promise.check(factory);
  const under = await factory.open(promise.limits ?? {});
  const open = new Set([under.broker]);
  await runThenEnd(
    async () => promise.run?.(noting(under, open)),
    async () => {
      for (const broker of open) await broker.close({ drain: false, deadlineMs: 0 });
      await under.dispose();
    },
  );
}

/** The same with its open brokers in a set: the suite closes them, but for those that died. */
function noting(under: BrokerUnderTest, open: Set<Broker>): BrokerUnderTest {
  const { broker, reopen, another } = under;
  let latest = broker;
  return {
    broker,
    advance: (byMs) => under.advance(byMs),
    dispose: () => under.dispose(),
    ...(reopen === undefined
      ? {}
      : {
          reopen: async () => {
            open.delete(latest);
            latest = await reopen.call(under);
            open.add(latest);
            return latest;
          },
        }),
    ...(another === undefined
      ? {}
      : {
          another: async () => {
            const client = await another.call(under);
            open.add(client);
            return client;
          },
        }),
  };
}
