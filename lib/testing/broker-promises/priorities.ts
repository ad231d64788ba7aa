import { strict as assert } from 'node:assert';
import { type BrokerPromise, QUEUE, refuse, request, seqs } from '../broker-promise.js';
import { testEnvelope } from '../envelopes.js';

/** What the contract says of priorities and of ageing. */
export const priorityPromises: readonly BrokerPromise[] = [
  {
    name: 'first deliveries follow priority, the larger first, and among equals acceptance',
    needs: ['priorities'],
    async run({ broker }) {
      await broker.publish(QUEUE, ofPriorities(4, 0, 9, 4, 9, 1, 8));
      assert.deepEqual(seqs(await broker.receive(QUEUE, request({ max: 4 }))), [3, 5, 7, 1]);
      await broker.publish(QUEUE, [testEnvelope(8, { priority: 2 })]);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [4, 8, 6, 2]);
    },
  },
  {
    name: 'what came back is given out before anything new, whatever their priorities',
    needs: ['priorities'],
    async run({ broker }) {
      await broker.publish(QUEUE, ofPriorities(0));
      await broker.nack(QUEUE, refuse(await broker.receive(QUEUE, request())));
      await broker.publish(QUEUE, [testEnvelope(2, { priority: 9 })]);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [1, 2]);
    },
  },
  {
    name: 'with ageingMs each such wait counts as one more of priority, and at a tie acceptance decides',
    needs: ['priorities', 'time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, ofPriorities(2));
      await advance(30);
      await broker.publish(QUEUE, [testEnvelope(2, { priority: 5 }), testEnvelope(3, { priority: 6 })]);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request({ ageingMs: 10 }))), [3, 1, 2]);
    },
  },
  {
    name: 'a part of ageingMs counts as that part of a priority',
    needs: ['priorities', 'time'],
    async run({ broker, advance }) {
      await advance(5);
      await broker.publish(QUEUE, ofPriorities(4));
      await advance(9);
      await broker.publish(QUEUE, [testEnvelope(2, { priority: 5 })]);
      await advance(1);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request({ ageingMs: 10 }))), [2, 1], '5.1 and 5');
    },
  },
  {
    name: 'ageing has no upper bound: a wait outdoes any priority, and of two long waits priority still tells',
    needs: ['priorities', 'time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, ofPriorities(0));
      await advance(1);
      await broker.publish(QUEUE, [testEnvelope(2, { priority: 5 })]);
      await advance(200);
      await broker.publish(QUEUE, [testEnvelope(3, { priority: 9 })]);
      const given = await broker.receive(QUEUE, request({ ageingMs: 10 }));
      assert.deepEqual(seqs(given), [2, 1, 3], '25, 20.1 and 9');
    },
  },
  {
    name: 'without ageingMs priority alone decides, however long one has waited',
    needs: ['priorities', 'time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, ofPriorities(0));
      await advance(60_000);
      await broker.publish(QUEUE, [testEnvelope(2, { priority: 1 })]);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [2, 1]);
    },
  },
  {
    name: 'ageing counts from acceptance, also while a delay or a key held the message back',
    needs: ['priorities', 'delay', 'keys', 'time'],
    async run({ broker, advance }) {
      const first = testEnvelope(1, { priority: 9, orderingKey: 'a' });
      const held = testEnvelope(2, { priority: 3, orderingKey: 'a' });
      await broker.publish(QUEUE, [first, held, testEnvelope(3, { priority: 3, delayMs: 40 })]);
      await advance(40);
      await broker.publish(QUEUE, [testEnvelope(4, { priority: 6 }), testEnvelope(5, { priority: 8 })]);
      await broker.ack(QUEUE, await broker.receive(QUEUE, request({ max: 1 })));
      assert.deepEqual(seqs(await broker.receive(QUEUE, request({ ageingMs: 10 }))), [5, 2, 3, 4]);
    },
  },
  {
    name: 'among the messages of one key acceptance decides, whatever their priorities',
    needs: ['priorities', 'keys'],
    async run({ broker }) {
      const ofKey = ofPriorities(0, 9).map((envelope) => ({ ...envelope, orderingKey: 'a' }));
      await broker.publish(QUEUE, [...ofKey, testEnvelope(3, { priority: 5 })]);
      const given = await broker.receive(QUEUE, request());
      assert.deepEqual(seqs(given), [3, 1]);
      await broker.ack(QUEUE, given);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [2]);
    },
  },
];

/** Envelopes 1, 2, … of these priorities. */
function ofPriorities(...priorities: number[]) {
  return priorities.map((priority, index) => testEnvelope(index + 1, { priority }));
}
