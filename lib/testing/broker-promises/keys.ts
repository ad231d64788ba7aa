import { strict as assert } from 'node:assert';
import type { Delivery } from '../../brokers/contract.js';
import { type ENVELOPE_VERSION, messageId } from '../../core/message.js';
import { type BrokerPromise, QUEUE, refuse, request, seqs } from '../broker-promise.js';
import { testEnvelope, testEnvelopes } from '../envelopes.js';

/** What the contract says of ordering keys. */
export const keyPromises: readonly BrokerPromise[] = [
  {
    name: 'of an ordering key one message is out at a time, the oldest; other keys and none flow past it',
    needs: ['keys'],
    async run({ broker }) {
      await broker.publish(QUEUE, keyed('a', 'a', 'b', undefined, 'a', 'b', undefined));
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [1, 3, 4, 7]);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), []);
      assert.deepEqual(await broker.depth(QUEUE), { ready: 0, delayed: 0, heldBack: 3, inFlight: 4 });
    },
  },
  {
    name: 'the ack of one lets the next of its key come, in its place by acceptance, and a key all settled is as new',
    needs: ['keys'],
    async run({ broker }) {
      await broker.publish(QUEUE, keyed('a', 'a', undefined, 'a'));
      const first = await broker.receive(QUEUE, request({ max: 1 }));
      await broker.ack(QUEUE, first);
      const rest = await broker.receive(QUEUE, request());
      assert.deepEqual(seqs(rest), [2, 3]);
      await broker.ack(QUEUE, rest);
      await broker.ack(QUEUE, await broker.receive(QUEUE, request()));
      await broker.publish(QUEUE, [testEnvelope(9, { orderingKey: 'a' })]);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [5]);
    },
  },
  {
    name: 'a message that came back holds its successors back until it is settled',
    needs: ['keys'],
    async run({ broker }) {
      await broker.publish(QUEUE, keyed('a', 'a', 'b'));
      const [first] = await broker.receive(QUEUE, request({ max: 1 }));
      assert(first !== undefined);
      await broker.nack(QUEUE, refuse([first], { fault: 'failure' }));
      assert.deepEqual(await broker.depth(QUEUE), { ready: 2, delayed: 0, heldBack: 1, inFlight: 0 });
      const again = await broker.receive(QUEUE, request());
      assert.deepEqual(seqs(again), [1, 3]);
      await broker.ack(QUEUE, again);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [2]);
    },
  },
  {
    name: 'a backoff holds the successors of its key back, and nobody else',
    needs: ['keys', 'delay', 'time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, keyed('a', 'a', 'b'));
      await broker.nack(QUEUE, refuse(await broker.receive(QUEUE, request({ max: 1 })), { delayMs: 20 }));
      assert.deepEqual(await broker.depth(QUEUE), { ready: 1, delayed: 1, heldBack: 1, inFlight: 0 });
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [3]);
      await advance(20);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [1]);
    },
  },
  {
    name: 'a lease that runs out holds the successors of its key back, and a stale ack does not let them come',
    needs: ['keys', 'time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, keyed('a', 'a'));
      const held = await broker.receive(QUEUE, request({ leaseMs: 50 }));
      await advance(50);
      assert.deepEqual(await broker.ack(QUEUE, held), ['stale']);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [1]);
    },
  },
  {
    name: 'a dead letter frees its key, and one of an unknown version never takes it',
    needs: ['keys'],
    async run({ broker }) {
      const future = testEnvelope(1, { v: 2 as typeof ENVELOPE_VERSION, orderingKey: 'a' });
      await broker.publish(QUEUE, [future, ...testEnvelopes(2, 3, { orderingKey: 'a' })]);
      const held = await broker.receive(QUEUE, request());
      assert.deepEqual(seqs(held), [2]);
      await broker.nack(QUEUE, refuse(held, { attemptsMax: 0 }));
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [3]);
    },
  },
  {
    name: 'what was refused or known takes no key',
    needs: ['keys', 'limits'],
    limits: { queueDepthMax: 2 },
    async run({ broker }) {
      const own = { id: messageId('mine') };
      const second = testEnvelope(2, { ...own, orderingKey: 'a' });
      const outcomes = await broker.publish(QUEUE, [testEnvelope(1, own), second, ...keyed('b', 'c', 'd')]);
      assert.deepEqual(outcomes, ['accepted', 'duplicate', 'accepted', 'full', 'full']);
      await broker.ack(QUEUE, await broker.receive(QUEUE, request()));
      const later = [testEnvelope(4, { orderingKey: 'a' }), testEnvelope(5, { orderingKey: 'd' })];
      await broker.publish(QUEUE, later);
      assert.equal((await broker.receive(QUEUE, request())).length, 2);
    },
  },
  {
    name: 'what waits behind its key counts for the bounds of the queue',
    needs: ['keys', 'limits'],
    limits: { queueDepthMax: 2 },
    async run({ broker }) {
      const outcomes = await broker.publish(QUEUE, keyed('a', 'a', 'a'));
      assert.deepEqual(outcomes, ['accepted', 'accepted', 'full']);
    },
  },
  {
    name: 'an ack that lets the next of a key come wakes a waiting receiver',
    needs: ['keys'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, keyed('a', 'a'));
      const held = await broker.receive(QUEUE, request());
      const answers: (readonly Delivery[])[] = [];
      void broker.receive(QUEUE, request({ waitMs: 60_000 })).then((given) => answers.push(given));
      await advance(0);
      assert.deepEqual(answers, []);
      await broker.ack(QUEUE, held);
      await advance(0);
      assert.deepEqual(answers.map(seqs), [[2]]);
    },
  },
];

/** Envelopes 1, 2, … of these ordering keys. */
function keyed(...keys: (string | undefined)[]) {
  return keys.map((orderingKey, index) => testEnvelope(index + 1, { orderingKey }));
}
