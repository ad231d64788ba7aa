import type { Broker } from '../brokers/contract.js';
import type { BrokerPromise } from './broker-promise.js';
import { capabilityPromises } from './broker-promises/capabilities.js';
import { closePromises } from './broker-promises/close.js';
import { delayPromises } from './broker-promises/delays.js';
import { deliveryPromises } from './broker-promises/deliver.js';
import { keyPromises } from './broker-promises/keys.js';
import { priorityPromises } from './broker-promises/priorities.js';
import { publishPromises } from './broker-promises/publish.js';
import { settlePromises } from './broker-promises/settle.js';
import type { BrokerFactory, BrokerUnderTest } from './broker-under-test.js';
import { type ConformanceOptions, modelPromise } from './model-comparison.js';

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
  ...closePromises,
  ...capabilityPromises,
];

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
  return [...PROMISES, modelPromise(factory, options)].map((promise) => ({
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
  const open = new Set([under.broker]);
  await promise.run?.(noting(under, open));
  for (const broker of open) await broker.close({ drain: false, deadlineMs: 0 });
  await under.dispose();
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
