import { strict as assert } from 'node:assert';
import type { Delivery } from '../../brokers/contract.js';
import { type BrokerPromise, QUEUE, refuse, request, seqs } from '../broker-promise.js';
import { testEnvelope } from '../envelopes.js';

/** What the contract says of messages published with a delay. */
export const delayPromises: readonly BrokerPromise[] = [
  {
    name: 'a message is ready when its delay has passed since acceptance, to the millisecond',
    needs: ['delay', 'time'],
    async run({ broker, advance }) {
      await advance(100);
      await broker.publish(QUEUE, delayed(30, 0));
      assert.deepEqual(await broker.depth(QUEUE), { ready: 1, delayed: 1, heldBack: 0, inFlight: 0 });
      await advance(29);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [2]);
      await advance(1);
      const [late] = await broker.receive(QUEUE, request());
      assert.deepEqual([late?.seq, late?.deliveries], [1, 1]);
    },
  },
  {
    name: 'a message whose delay has passed takes its place by acceptance, not at the end',
    needs: ['delay', 'time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, delayed(0, 20, 0, 10));
      await advance(20);
      await broker.publish(QUEUE, [testEnvelope(5)]);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [1, 2, 3, 4, 5]);
    },
  },
  {
    name: 'what came back is given out before a new message whose delay has passed',
    needs: ['delay', 'time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, delayed(20, 0));
      await broker.nack(QUEUE, refuse(await broker.receive(QUEUE, request()), { delayMs: 20 }));
      await advance(20);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [2, 1]);
    },
  },
  {
    name: 'the delay of a message that passes wakes a waiting receiver',
    needs: ['delay', 'time'],
    async run({ broker, advance }) {
      const answers: (readonly Delivery[])[] = [];
      void broker.receive(QUEUE, request({ waitMs: 60_000 })).then((given) => answers.push(given));
      await advance(0);
      await broker.publish(QUEUE, delayed(20));
      await advance(19);
      assert.deepEqual(answers, []);
      await advance(1);
      assert.deepEqual(answers.map(seqs), [[1]]);
    },
  },
  {
    name: 'the delay is of the first delivery alone',
    needs: ['delay', 'time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, delayed(20));
      await advance(20);
      await broker.nack(QUEUE, refuse(await broker.receive(QUEUE, request())));
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [1]);
    },
  },
  {
    name: 'a message with a delay left is the first of its key, and holds its successors back',
    needs: ['delay', 'keys', 'time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, ofKey(delayed(30, 0)));
      assert.deepEqual(await broker.depth(QUEUE), { ready: 0, delayed: 1, heldBack: 1, inFlight: 0 });
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), []);
      await advance(30);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [1]);
    },
  },
  {
    name: 'what waits behind its key is heldBack whatever its delay, which passes meanwhile',
    needs: ['delay', 'keys', 'time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, ofKey(delayed(0, 20, 40)));
      assert.deepEqual(await broker.depth(QUEUE), { ready: 1, delayed: 0, heldBack: 2, inFlight: 0 });
      const first = await broker.receive(QUEUE, request());
      await advance(30);
      await broker.ack(QUEUE, first);
      const second = await broker.receive(QUEUE, request());
      assert.deepEqual(seqs(second), [2], 'its delay passed while it was held back');
      await broker.ack(QUEUE, second);
      assert.deepEqual(await broker.depth(QUEUE), { ready: 0, delayed: 1, heldBack: 0, inFlight: 0 });
      await advance(10);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [3]);
    },
  },
];

/** Envelopes 1, 2, … of these delays. */
function delayed(...delaysMs: number[]) {
  return delaysMs.map((delayMs, index) => testEnvelope(index + 1, { delayMs }));
}

function ofKey(envelopes: ReturnType<typeof delayed>) {
  return envelopes.map((envelope) => ({ ...envelope, orderingKey: 'a' }));
}
