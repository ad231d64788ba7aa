import { strict as assert } from 'node:assert';
import { type ENVELOPE_VERSION, messageId } from '../../core/message.js';
import { encode } from '../../core/value.js';
import { type BrokerPromise, QUEUE, request, seqs } from '../broker-promise.js';
import { testEnvelope, testEnvelopes } from '../envelopes.js';

/** What the contract says of `publish`. */
export const publishPromises: readonly BrokerPromise[] = [
  {
    name: 'publish accepts in order, one outcome a message',
    needs: [],
    async run({ broker }) {
      assert.deepEqual(await broker.publish(QUEUE, testEnvelopes(1, 3)), [
        'accepted',
        'accepted',
        'accepted',
      ]);
      assert.deepEqual(await broker.publish(QUEUE, []), []);
      const deliveries = await broker.receive(QUEUE, request());
      assert.deepEqual(seqs(deliveries), [1, 2, 3]);
      assert.deepEqual(
        deliveries.map(({ envelope }) => envelope),
        testEnvelopes(1, 3),
      );
    },
  },
  {
    name: 'a message published again under the same producer and seq is a duplicate, before and after its ack',
    needs: [],
    async run({ broker }) {
      await broker.publish(QUEUE, testEnvelopes(1, 2));
      assert.deepEqual(await broker.publish(QUEUE, testEnvelopes(2, 3)), ['duplicate', 'accepted']);
      await broker.ack(QUEUE, await broker.receive(QUEUE, request()));
      assert.deepEqual(await broker.publish(QUEUE, testEnvelopes(1, 4)), [
        'duplicate',
        'duplicate',
        'duplicate',
        'accepted',
      ]);
    },
  },
  {
    name: 'producers and queues are told apart',
    needs: [],
    async run({ broker }) {
      await broker.publish(QUEUE, [testEnvelope(5)]);
      assert.deepEqual(await broker.publish(QUEUE, [testEnvelope(1, { producer: 'other' })]), ['accepted']);
      assert.deepEqual(await broker.publish('claims', [testEnvelope(1)]), ['accepted']);
      assert.deepEqual(seqs(await broker.receive('claims', request())), [1]);
    },
  },
  {
    name: "a caller's own id is known whoever publishes it",
    needs: [],
    async run({ broker }) {
      const id = messageId('order-7');
      assert.deepEqual(await broker.publish(QUEUE, [testEnvelope(1, { id })]), ['accepted']);
      assert.deepEqual(
        await broker.publish(QUEUE, [testEnvelope(2, { id }), testEnvelope(9, { id, producer: 'other' })]),
        ['duplicate', 'duplicate'],
      );
    },
  },
  {
    name: "a caller's own id does not count for the producer's numbers, nor they for it",
    needs: [],
    async run({ broker }) {
      await broker.publish(QUEUE, [testEnvelope(5, { id: messageId('mine') })]);
      assert.deepEqual(await broker.publish(QUEUE, [testEnvelope(1)]), ['accepted']);
      assert.deepEqual(await broker.publish(QUEUE, [testEnvelope(1, { id: messageId('yours') })]), [
        'accepted',
      ]);
    },
  },
  {
    name: 'a payload over its limit by one byte is too large, counted in UTF-8, and one at it is not',
    needs: ['limits'],
    limits: { payloadBytesMax: 6 },
    async run({ broker }) {
      const atLimit = testEnvelope(1, { payload: encode('éé') });
      const over = testEnvelope(2, { payload: encode('éé1') });
      assert.deepEqual(await broker.publish(QUEUE, [atLimit, over]), ['accepted', 'too-large']);
      assert.deepEqual(await broker.publish(QUEUE, [over, testEnvelope(3)]), ['too-large', 'accepted']);
      assert.deepEqual(await broker.publish(QUEUE, [over]), ['too-large'], 'never a duplicate');
    },
  },
  {
    name: 'a queue at its depth is full; ready, delayed and in flight all count, and a settled one makes room',
    needs: ['limits', 'delay'],
    limits: { queueDepthMax: 3 },
    async run({ broker }) {
      await broker.publish(QUEUE, testEnvelopes(1, 3));
      const [first, second] = await broker.receive(QUEUE, request({ max: 2 }));
      assert(first !== undefined && second !== undefined);
      const refusal = { fault: 'none', delayMs: 50, attemptsMax: 5, reason: '' } as const;
      await broker.nack(QUEUE, [{ receipt: first, ...refusal }]);
      assert.deepEqual(await broker.depth(QUEUE), { ready: 1, delayed: 1, heldBack: 0, inFlight: 1 });
      assert.deepEqual(await broker.publish(QUEUE, [testEnvelope(4)]), ['full']);
      await broker.ack(QUEUE, [second]);
      assert.deepEqual(await broker.publish(QUEUE, testEnvelopes(4, 5)), ['accepted', 'full']);
    },
  },
  {
    name: 'a queue at its bytes is full by one byte more',
    needs: ['limits'],
    limits: { queueBytesMax: 10 },
    async run({ broker }) {
      const five = encode('abc');
      assert.deepEqual(await broker.publish(QUEUE, testEnvelopes(1, 2, { payload: five })), [
        'accepted',
        'accepted',
      ]);
      assert.deepEqual(await broker.publish(QUEUE, [testEnvelope(3, { payload: encode(1) })]), ['full']);
      await broker.ack(QUEUE, await broker.receive(QUEUE, request({ max: 1 })));
      assert.deepEqual(await broker.publish(QUEUE, [testEnvelope(3, { payload: encode('abcd') })]), ['full']);
      assert.deepEqual(await broker.publish(QUEUE, [testEnvelope(3, { payload: five })]), ['accepted']);
    },
  },
  {
    name: 'once one of a call is full, every later new one is, and a duplicate stays a duplicate',
    needs: ['limits'],
    limits: { queueBytesMax: 10 },
    async run({ broker }) {
      await broker.publish(QUEUE, [testEnvelope(1)]);
      const large = testEnvelope(2, { payload: encode('abcdefgh') });
      assert.deepEqual(await broker.publish(QUEUE, [large, testEnvelope(1), testEnvelope(3)]), [
        'full',
        'duplicate',
        'full',
      ]);
    },
  },
  {
    name: 'what was refused as full may come again, even after later ones were accepted, once',
    needs: ['limits'],
    limits: { queueBytesMax: 10 },
    async run({ broker }) {
      const own = testEnvelope(3, { id: messageId('mine'), payload: encode('abcdefgh') });
      await broker.publish(QUEUE, [testEnvelope(1)]);
      const large = testEnvelope(2, { payload: encode('abcdefgh') });
      assert.deepEqual(await broker.publish(QUEUE, [large, own]), ['full', 'full']);
      assert.deepEqual(await broker.publish(QUEUE, [testEnvelope(4)]), ['accepted']);
      await broker.ack(QUEUE, await broker.receive(QUEUE, request()));
      assert.deepEqual(await broker.publish(QUEUE, [large]), ['accepted']);
      assert.deepEqual(await broker.publish(QUEUE, [large]), ['duplicate']);
      await broker.ack(QUEUE, await broker.receive(QUEUE, request()));
      assert.deepEqual(await broker.publish(QUEUE, [own]), ['accepted']);
      assert.deepEqual(await broker.publish(QUEUE, [own]), ['duplicate']);
    },
  },
  {
    name: "a caller's own id is forgotten after the window, to the millisecond",
    needs: ['limits', 'time'],
    limits: { dedupeWindowMs: 100 },
    async run({ broker, advance }) {
      const own = testEnvelope(1, { id: messageId('mine') });
      await broker.publish(QUEUE, [own]);
      await advance(99);
      assert.deepEqual(await broker.publish(QUEUE, [own]), ['duplicate']);
      await advance(1);
      assert.deepEqual(await broker.publish(QUEUE, [own]), ['accepted']);
    },
  },
  {
    name: "of the callers' own ids the oldest is forgotten when there are more than the window holds",
    needs: ['limits'],
    limits: { dedupeIdsMax: 2 },
    async run({ broker }) {
      const own = (id: string) => testEnvelope(1, { id: messageId(id) });
      await broker.publish(QUEUE, [own('a'), own('b')]);
      assert.deepEqual(await broker.publish(QUEUE, [own('a')]), ['duplicate']);
      await broker.publish(QUEUE, [own('c')]);
      assert.deepEqual(await broker.publish(QUEUE, [own('b'), own('a')]), ['duplicate', 'accepted']);
    },
  },
  {
    name: 'an envelope of an unknown version is a dead letter at once and never delivered',
    needs: [],
    async run({ broker }) {
      const future = testEnvelope(1, { v: 2 as typeof ENVELOPE_VERSION });
      assert.deepEqual(await broker.publish(QUEUE, [future, testEnvelope(2)]), ['accepted', 'accepted']);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [2]);
      const [letter] = await broker.deadLetters(QUEUE);
      assert.deepEqual(letter?.envelope, future);
      assert.match(letter?.reason ?? '', /version 2/);
    },
  },
  {
    name: 'a publish repeated before it is answered is accepted once',
    needs: [],
    async run({ broker }) {
      const own = testEnvelope(9, { id: messageId('mine') });
      const envelopes = [...testEnvelopes(1, 3), own];
      const outcomes = await Promise.all([
        broker.publish(QUEUE, envelopes),
        broker.publish(QUEUE, envelopes),
      ]);
      const perMessage = envelopes.map((_, at) => outcomes.map((each) => each[at] ?? 'none').sort());
      assert.deepEqual(
        perMessage,
        envelopes.map(() => ['accepted', 'duplicate']),
      );
      assert.equal((await broker.receive(QUEUE, request())).length, 4);
    },
  },
  {
    name: 'size is judged before identity, and identity before room',
    needs: ['limits'],
    limits: { payloadBytesMax: 6, queueDepthMax: 1 },
    async run({ broker }) {
      await broker.publish(QUEUE, [testEnvelope(1)]);
      const large = testEnvelope(1, { payload: encode('abcdefgh') });
      assert.deepEqual(await broker.publish(QUEUE, [large, testEnvelope(1), testEnvelope(2)]), [
        'too-large',
        'duplicate',
        'full',
      ]);
    },
  },
  {
    name: 'of the refusals of a producer so many are remembered, and what was refused before them is known by its mark',
    needs: ['limits'],
    limits: { refusalsMax: 2, queueDepthMax: 1 },
    async run({ broker }) {
      await broker.publish(QUEUE, testEnvelopes(1, 4));
      const answers = [];
      for (const seq of [5, 2, 3, 4]) {
        await broker.ack(QUEUE, await broker.receive(QUEUE, request()));
        answers.push(...(await broker.publish(QUEUE, [testEnvelope(seq)])));
      }
      assert.deepEqual(answers, ['accepted', 'duplicate', 'accepted', 'accepted']);
    },
  },
  {
    name: 'of more producers than are remembered the one silent for longest is forgotten, and its messages are new',
    needs: ['limits'],
    limits: { producersMax: 2 },
    async run({ broker }) {
      const of = (producer: string) => testEnvelope(1, { producer });
      await broker.publish(QUEUE, [of('a'), of('b'), testEnvelope(2, { producer: 'a' }), of('c')]);
      assert.deepEqual(await broker.publish(QUEUE, [of('a'), of('c')]), ['duplicate', 'duplicate']);
      assert.deepEqual(await broker.publish(QUEUE, [of('b')]), ['accepted']);
    },
  },
];
