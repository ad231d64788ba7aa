import { strict as assert } from 'node:assert';
import { messageId } from '../../core/message.js';
import { encode } from '../../core/value.js';
import { type BrokerPromise, QUEUE, refuse, reopen, request, seqs } from '../broker-promise.js';
import { testEnvelope, testEnvelopes } from '../envelopes.js';
import { answer, read, settle, shelfOf } from './answers.js';

/** What the contract says of brokers that survive: each is opened again as after the death of its process. */
export const durabilityPromises: readonly BrokerPromise[] = [
  {
    name: 'what was accepted is there when the broker is opened again, in its order, and what was settled is not',
    needs: ['durable'],
    async run(under) {
      const { broker } = under;
      await broker.publish(QUEUE, testEnvelopes(1, 5));
      await broker.publish('claims', testEnvelopes(1, 2));
      const held = await broker.receive(QUEUE, request({ max: 2 }));
      await broker.ack(QUEUE, held.slice(0, 1));
      await broker.nack(QUEUE, refuse(held.slice(1), { attemptsMax: 0 }));
      const again = await reopen(under);
      assert.deepEqual(await again.depth(QUEUE), { ready: 3, delayed: 0, heldBack: 0, inFlight: 0 });
      const given = await again.receive(QUEUE, request());
      assert.deepEqual(seqs(given), [3, 4, 5]);
      assert.deepEqual(
        given.map(({ envelope }) => envelope),
        testEnvelopes(3, 5),
      );
      assert.deepEqual(seqs(await again.receive('claims', request())), [1, 2]);
    },
  },
  {
    name: 'opened again it goes on numbering where it was, also when it was empty',
    needs: ['durable'],
    async run(under) {
      await under.broker.publish(QUEUE, testEnvelopes(1, 2));
      await under.broker.ack(QUEUE, await under.broker.receive(QUEUE, request()));
      const again = await reopen(under);
      await again.publish(QUEUE, [testEnvelope(3)]);
      assert.deepEqual(seqs(await again.receive(QUEUE, request())), [3]);
    },
  },
  {
    name: 'what is identical is known when the broker is opened again: by producer and seq, and by its own id in its window',
    needs: ['durable', 'limits', 'time'],
    limits: { dedupeWindowMs: 100 },
    async run(under) {
      const own = testEnvelope(1, { id: messageId('mine') });
      await under.broker.publish(QUEUE, [...testEnvelopes(1, 2), own]);
      await under.broker.ack(QUEUE, await under.broker.receive(QUEUE, request()));
      await under.advance(60);
      const again = await reopen(under);
      assert.deepEqual(await again.publish(QUEUE, [...testEnvelopes(1, 3), own]), [
        'duplicate',
        'duplicate',
        'accepted',
        'duplicate',
      ]);
      await under.advance(40);
      assert.deepEqual(await again.publish(QUEUE, [own]), ['accepted']);
    },
  },
  {
    name: 'what was refused as full may still come when the broker is opened again, even after later ones were accepted',
    needs: ['durable', 'limits'],
    limits: { queueBytesMax: 10 },
    async run(under) {
      const large = (seq: number) => testEnvelope(seq, { payload: encode('abcdefgh') });
      await under.broker.publish(QUEUE, [testEnvelope(1)]);
      assert.deepEqual(await under.broker.publish(QUEUE, [large(2)]), ['full']);
      assert.deepEqual(await under.broker.publish(QUEUE, [testEnvelope(3)]), ['accepted']);
      assert.deepEqual(await under.broker.publish(QUEUE, [large(4)]), ['full']);
      const again = await reopen(under);
      assert.deepEqual(await again.publish(QUEUE, [testEnvelope(5)]), ['accepted']);
      for (const seq of [2, 4]) {
        await again.ack(QUEUE, await again.receive(QUEUE, request()));
        assert.deepEqual(await again.publish(QUEUE, [large(seq)]), ['accepted']);
      }
    },
  },
  {
    name: 'refusals and their counts are there when the broker is opened again, and what came back comes first',
    needs: ['durable'],
    async run(under) {
      const { broker } = under;
      await broker.publish(QUEUE, testEnvelopes(1, 3));
      const [first, second] = await broker.receive(QUEUE, request({ max: 2 }));
      assert(first !== undefined && second !== undefined);
      await broker.nack(QUEUE, [
        ...refuse([first], { fault: 'failure' }),
        ...refuse([second], { fault: 'crash' }),
      ]);
      const again = await reopen(under);
      const given = await again.receive(QUEUE, request());
      assert.deepEqual(
        given.map(({ seq, deliveries, failures, crashes }) => [seq, deliveries, failures, crashes]),
        [
          [1, 2, 1, 0],
          [2, 2, 0, 1],
          [3, 1, 0, 0],
        ],
      );
    },
  },
  {
    name: 'delays go on when the broker is opened again, of messages and of refusals, to the millisecond',
    needs: ['durable', 'delay', 'time'],
    async run(under) {
      const { broker, advance } = under;
      await broker.publish(QUEUE, [testEnvelope(1), testEnvelope(2, { delayMs: 100 })]);
      await broker.nack(QUEUE, refuse(await broker.receive(QUEUE, request()), { delayMs: 60 }));
      await advance(30);
      const again = await reopen(under);
      assert.deepEqual(await again.depth(QUEUE), { ready: 0, delayed: 2, heldBack: 0, inFlight: 0 });
      await advance(29);
      assert.deepEqual(seqs(await again.receive(QUEUE, request())), []);
      await advance(1);
      assert.deepEqual(seqs(await again.receive(QUEUE, request())), [1]);
      await advance(39);
      assert.deepEqual(seqs(await again.receive(QUEUE, request())), []);
      await advance(1);
      assert.deepEqual(seqs(await again.receive(QUEUE, request())), [2]);
    },
  },
  {
    name: 'an ordering key holds its successors back when the broker is opened again',
    needs: ['durable', 'keys', 'delay', 'time'],
    async run(under) {
      const { broker, advance } = under;
      await broker.publish(QUEUE, testEnvelopes(1, 2, { orderingKey: 'a' }));
      await broker.nack(QUEUE, refuse(await broker.receive(QUEUE, request()), { delayMs: 20 }));
      const again = await reopen(under);
      assert.deepEqual(await again.depth(QUEUE), { ready: 0, delayed: 1, heldBack: 1, inFlight: 0 });
      await advance(20);
      const held = await again.receive(QUEUE, request());
      assert.deepEqual(seqs(held), [1]);
      await again.ack(QUEUE, held);
      assert.deepEqual(seqs(await again.receive(QUEUE, request())), [2]);
    },
  },
  {
    name: 'priority and age tell when the broker is opened again, counted from acceptance',
    needs: ['durable', 'priorities', 'time'],
    async run(under) {
      await under.broker.publish(QUEUE, [testEnvelope(1, { priority: 2 })]);
      await under.advance(20);
      const again = await reopen(under);
      await under.advance(10);
      await again.publish(QUEUE, [testEnvelope(2, { priority: 4 }), testEnvelope(3, { priority: 6 })]);
      assert.deepEqual(seqs(await again.receive(QUEUE, request({ ageingMs: 10 }))), [3, 1, 2]);
    },
  },
  {
    name: 'dead letters are there when the broker is opened again, oldest first',
    needs: ['durable'],
    async run(under) {
      await under.broker.publish(QUEUE, testEnvelopes(1, 2));
      const held = await under.broker.receive(QUEUE, request());
      await under.broker.nack(QUEUE, refuse(held, { attemptsMax: 1, fault: 'failure' }));
      const letters = await under.broker.deadLetters(QUEUE);
      assert.equal(letters.length, 2);
      const again = await reopen(under);
      assert.deepEqual(await again.deadLetters(QUEUE), letters);
      assert.deepEqual(await again.publish(QUEUE, testEnvelopes(1, 2)), ['duplicate', 'duplicate']);
    },
  },
  {
    name: 'answers are there when the broker is opened again: the first ones, in their order',
    needs: ['durable', 'answers'],
    async run(under) {
      await settle(under.broker, [answer('a', 'ada'), answer('b', 'bob'), answer('c', 'ada')]);
      const again = await reopen(under);
      assert.deepEqual(await shelfOf(again).find(messageId('b')), answer('b', 'bob'));
      assert.deepEqual((await read(again, 'ada')).answers, [answer('a', 'ada'), answer('c', 'ada')]);
      await settle(again, [answer('a', 'ada', 'second')]);
      assert.deepEqual(await shelfOf(again).find(messageId('a')), answer('a', 'ada'));
    },
  },
  {
    name: 'who waited when the broker died gets nothing of what comes later',
    needs: ['durable'],
    async run(under) {
      void under.broker.receive(QUEUE, request({ waitMs: 60_000 })).catch(() => 'it died');
      await under.advance(0);
      const again = await reopen(under);
      await again.publish(QUEUE, [testEnvelope(1)]);
      await under.advance(0);
      assert.deepEqual(seqs(await again.receive(QUEUE, request())), [1]);
    },
  },
  {
    name: 'what close reports as returned is there when the broker is opened again',
    needs: ['durable', 'delay'],
    async run(under) {
      const { broker } = under;
      await broker.publish(QUEUE, testEnvelopes(1, 3));
      const [first] = await broker.receive(QUEUE, request({ max: 1 }));
      assert(first !== undefined);
      await broker.nack(QUEUE, refuse([first], { delayMs: 3_600_000 }));
      const report = await broker.close({ drain: false, deadlineMs: 0 });
      assert.deepEqual(report, { drained: 0, returned: 3, abandoned: 0 });
      const again = await reopen(under);
      assert.deepEqual(await again.depth(QUEUE), { ready: 2, delayed: 1, heldBack: 0, inFlight: 0 });
      assert.deepEqual(await again.publish(QUEUE, testEnvelopes(3, 4)), ['duplicate', 'accepted']);
    },
  },
  {
    name: 'it may die again and again',
    needs: ['durable'],
    async run(under) {
      let { broker } = under;
      for (let seq = 1; seq <= 4; seq += 1) {
        await broker.publish(QUEUE, [testEnvelope(seq), testEnvelope(seq, { producer: 'other' })]);
        const held = await broker.receive(QUEUE, request({ max: 1 }));
        await broker.ack(QUEUE, held);
        broker = await reopen(under);
      }
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [5, 6, 7, 8]);
    },
  },
];
