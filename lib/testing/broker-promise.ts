import { strict as assert } from 'node:assert';
import type { Broker, Delivery, ReceiveRequest, Refusal } from '../brokers/contract.js';
import type { Limits } from '../core/limits.js';
import type { BrokerFactory, BrokerTrait, BrokerUnderTest } from './broker-under-test.js';

/** The queue that the suite works on. */
export const QUEUE = 'tasks';

/** One sentence of the contract and the test of it: `run` on one fresh broker, or `check` that opens its own. */
export interface BrokerPromise {
  readonly name: string;
  readonly needs: readonly BrokerTrait[];
  readonly limits?: Partial<Limits>;
  readonly run?: (under: BrokerUnderTest) => Promise<void>;
  readonly check?: (factory: BrokerFactory) => Promise<void>;
}

/** A request that does not wait, with what `fields` says instead. */
export function request(fields: Partial<ReceiveRequest> = {}): ReceiveRequest {
  return { consumer: 'consumer', max: 100, waitMs: 0, leaseMs: 1_000, ...fields };
}

/** A refusal of each delivery, at once and for no fault, with what `fields` says instead. */
export function refuse(
  deliveries: readonly Delivery[],
  fields: Partial<Omit<Refusal, 'receipt'>> = {},
): Refusal[] {
  return deliveries.map((receipt) => ({
    receipt,
    fault: 'none',
    delayMs: 0,
    attemptsMax: 5,
    reason: 'the handler threw',
    ...fields,
  }));
}

/** The seqs of deliveries, in order. */
export function seqs(deliveries: readonly Delivery[]): number[] {
  return deliveries.map(({ seq }) => seq);
}

/** The broker, opened again as after the death of its process. */
export async function reopen(under: BrokerUnderTest): Promise<Broker> {
  assert(under.reopen !== undefined, 'the factory of a broker that is durable can open it again');
  return under.reopen();
}
