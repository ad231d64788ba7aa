import { strict as assert } from 'node:assert';
import type { Broker } from '../../brokers/contract.js';
import { type BrokerPromise, QUEUE, refuse, reopen, request, seqs } from '../broker-promise.js';
import type { BrokerFactory, BrokerUnderTest } from '../broker-under-test.js';
import { testEnvelopes } from '../envelopes.js';

/** What the contract says of leases when the broker is opened again: their holders died with it, or live on elsewhere. */
export const leaseHolderPromises: readonly BrokerPromise[] = [
  {
    name: 'where the holder of a lease died with the queue, what it held is ready at once, in its place, and its token stale',
    needs: ['durable'],
    check: (factory) => withLeaseHolders(factory, 'dead', heldByTheDead),
  },
  {
    name: 'where the holder of a lease lives on, it holds on to it when the queue is opened again, and no longer than it lasts',
    needs: ['durable', 'time'],
    check: (factory) => withLeaseHolders(factory, 'alive', heldByTheLiving),
  },
];

async function withLeaseHolders(
  factory: BrokerFactory,
  holders: 'alive' | 'dead',
  run: (under: BrokerUnderTest) => Promise<Broker>,
): Promise<void> {
  if ((factory.leaseHolders ?? 'dead') !== holders) return;
  const under = await factory.open({});
  const broker = await run(under);
  await broker.close({ drain: false, deadlineMs: 0 });
  await under.dispose();
}

async function heldByTheDead(under: BrokerUnderTest): Promise<Broker> {
  const { broker } = under;
  await broker.publish(QUEUE, testEnvelopes(1, 4));
  await broker.nack(QUEUE, refuse(await broker.receive(QUEUE, request({ max: 2 })), { fault: 'failure' }));
  const held = await broker.receive(QUEUE, request({ max: 3 }));
  assert.deepEqual(seqs(held), [1, 2, 3]);
  const again = await reopen(under);
  assert.deepEqual(await again.depth(QUEUE), { ready: 4, delayed: 0, heldBack: 0, inFlight: 0 });
  assert.deepEqual(await again.ack(QUEUE, held), ['stale', 'stale', 'stale']);
  const given = await again.receive(QUEUE, request());
  assert.deepEqual(
    given.map(({ seq, deliveries, failures }) => [seq, deliveries, failures]),
    [
      [1, 2, 1],
      [2, 2, 1],
      [3, 1, 0],
      [4, 1, 0],
    ],
  );
  assert.deepEqual(await again.ack(QUEUE, held), ['stale', 'stale', 'stale']);
  return again;
}

async function heldByTheLiving(under: BrokerUnderTest): Promise<Broker> {
  const { broker, advance } = under;
  await broker.publish(QUEUE, testEnvelopes(1, 3));
  const held = await broker.receive(QUEUE, request({ leaseMs: 100, max: 2 }));
  await advance(40);
  const again = await reopen(under);
  assert.deepEqual(await again.depth(QUEUE), { ready: 1, delayed: 0, heldBack: 0, inFlight: 2 });
  assert.deepEqual(await again.ack(QUEUE, held.slice(0, 1)), ['ok']);
  await advance(59);
  assert.deepEqual(await again.extend(QUEUE, held.slice(1), 10), ['ok']);
  await advance(10);
  assert.deepEqual(await again.ack(QUEUE, held.slice(1)), ['stale']);
  const given = await again.receive(QUEUE, request());
  assert.deepEqual(
    given.map(({ seq, deliveries }) => [seq, deliveries]),
    [
      [2, 2],
      [3, 1],
    ],
  );
  return again;
}
