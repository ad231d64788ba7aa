import { strict as assert } from 'node:assert';
import { type BrokerPromise, QUEUE, refuse, request, seqs } from '../broker-promise.js';
import { testEnvelope, testEnvelopes } from '../envelopes.js';

/** What the contract says of `ack`, `extend`, `nack` and dead letters. */
export const settlePromises: readonly BrokerPromise[] = [
  {
    name: 'ack settles for good, one outcome a receipt',
    needs: ['time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, testEnvelopes(1, 3));
      const [first, second, third] = await broker.receive(QUEUE, request());
      assert(first !== undefined && second !== undefined && third !== undefined);
      assert.deepEqual(await broker.ack(QUEUE, [third, first]), ['ok', 'ok']);
      assert.deepEqual(await broker.ack(QUEUE, [first, second, second]), ['stale', 'ok', 'stale']);
      await advance(5_000);
      assert.deepEqual(await broker.depth(QUEUE), { ready: 0, delayed: 0, heldBack: 0, inFlight: 0 });
    },
  },
  {
    name: 'a receipt that names no delivery is stale',
    needs: [],
    async run({ broker }) {
      await broker.publish(QUEUE, [testEnvelope(1)]);
      const forged = { seq: 1, token: 'nobody#1' };
      assert.deepEqual(await broker.ack(QUEUE, [forged, { seq: 99, token: 'nobody#1' }]), ['stale', 'stale']);
      await broker.receive(QUEUE, request());
      assert.deepEqual(await broker.ack(QUEUE, [forged]), ['stale']);
      assert.deepEqual(await broker.extend(QUEUE, [forged], 1_000), ['stale']);
      const refusal = { receipt: forged, fault: 'failure', delayMs: 0, attemptsMax: 1, reason: '' } as const;
      assert.deepEqual(await broker.nack(QUEUE, [refusal]), ['stale']);
      assert.deepEqual(await broker.depth(QUEUE), { ready: 0, delayed: 0, heldBack: 0, inFlight: 1 });
    },
  },
  {
    name: 'a token is good for one delivery, also when the same consumer gets the message again',
    needs: [],
    async run({ broker }) {
      await broker.publish(QUEUE, [testEnvelope(1)]);
      const first = await broker.receive(QUEUE, request());
      await broker.nack(QUEUE, refuse(first));
      assert.deepEqual(await broker.ack(QUEUE, first), ['stale'], 'while it is ready');
      const second = await broker.receive(QUEUE, request());
      assert.deepEqual(await broker.ack(QUEUE, first), ['stale'], 'while it is out again');
      assert.deepEqual(await broker.nack(QUEUE, refuse(first, { fault: 'failure' })), ['stale']);
      assert.deepEqual(await broker.extend(QUEUE, first, 1_000), ['stale']);
      assert.deepEqual(await broker.ack(QUEUE, second), ['ok']);
    },
  },
  {
    name: 'a token is good no longer than its lease, even if the message was not given out again',
    needs: ['time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, [testEnvelope(1)]);
      const held = await broker.receive(QUEUE, request({ leaseMs: 50 }));
      await advance(50);
      assert.deepEqual(await broker.ack(QUEUE, held), ['stale']);
      assert.deepEqual(await broker.extend(QUEUE, held, 50), ['stale']);
      assert.deepEqual(await broker.depth(QUEUE), { ready: 1, delayed: 0, heldBack: 0, inFlight: 0 });
    },
  },
  {
    name: 'extend renews from now, and only what it names',
    needs: ['time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, testEnvelopes(1, 2));
      const [first, second] = await broker.receive(QUEUE, request({ leaseMs: 50 }));
      assert(first !== undefined && second !== undefined);
      await advance(30);
      assert.deepEqual(await broker.extend(QUEUE, [first, first], 50), ['ok', 'ok']);
      await advance(20);
      assert.deepEqual(await broker.ack(QUEUE, [second]), ['stale']);
      await advance(29);
      assert.deepEqual(await broker.extend(QUEUE, [first], 10), ['ok']);
      await advance(10);
      assert.deepEqual(await broker.ack(QUEUE, [first]), ['stale']);
    },
  },
  {
    name: 'a refusal counts a failure, a crash or nothing',
    needs: [],
    async run({ broker }) {
      await broker.publish(QUEUE, [testEnvelope(1)]);
      const counts = [];
      for (const fault of ['failure', 'crash', 'none', 'failure'] as const) {
        const held = await broker.receive(QUEUE, request());
        assert.deepEqual(await broker.nack(QUEUE, refuse(held, { fault })), ['ok']);
        counts.push(...held.map(({ deliveries, failures, crashes }) => [deliveries, failures, crashes]));
      }
      assert.deepEqual(counts, [
        [1, 0, 0],
        [2, 1, 0],
        [3, 1, 1],
        [4, 1, 1],
      ]);
    },
  },
  {
    name: 'at attemptsMax failures and crashes, not deliveries, it is a dead letter in the same step, with the reason',
    needs: [],
    async run({ broker }) {
      await broker.publish(QUEUE, [testEnvelope(1)]);
      for (const fault of ['none', 'crash', 'none', 'none'] as const) {
        const refusals = refuse(await broker.receive(QUEUE, request()), { fault, attemptsMax: 2 });
        assert.deepEqual(await broker.nack(QUEUE, refusals), ['ok']);
      }
      const held = await broker.receive(QUEUE, request());
      const refusals = refuse(held, { fault: 'failure', attemptsMax: 2, delayMs: 10 });
      assert.deepEqual(await broker.nack(QUEUE, refusals), ['dead-lettered']);
      assert.deepEqual(await broker.deadLetters(QUEUE), [
        {
          id: testEnvelope(1).id,
          envelope: testEnvelope(1),
          failures: 1,
          crashes: 1,
          reason: 'the handler threw',
        },
      ]);
      assert.deepEqual(await broker.depth(QUEUE), { ready: 0, delayed: 0, heldBack: 0, inFlight: 0 });
      assert.deepEqual(await broker.ack(QUEUE, held), ['stale']);
    },
  },
  {
    name: 'attemptsMax 0 makes a dead letter at once',
    needs: [],
    async run({ broker }) {
      await broker.publish(QUEUE, [testEnvelope(1)]);
      const held = await broker.receive(QUEUE, request());
      assert.deepEqual(await broker.nack(QUEUE, refuse(held, { attemptsMax: 0 })), ['dead-lettered']);
    },
  },
  {
    name: 'dead letters are kept oldest first, and the oldest goes when there are too many',
    needs: ['limits'],
    limits: { deadLettersMax: 2 },
    async run({ broker }) {
      await broker.publish(QUEUE, testEnvelopes(1, 3));
      await broker.nack(QUEUE, refuse(await broker.receive(QUEUE, request()), { attemptsMax: 0 }));
      const letters = await broker.deadLetters(QUEUE);
      assert.deepEqual(
        letters.map(({ envelope }) => envelope.seq),
        [2, 3],
      );
    },
  },
  {
    name: 'a dead letter published again is still a duplicate',
    needs: [],
    async run({ broker }) {
      await broker.publish(QUEUE, [testEnvelope(1)]);
      await broker.nack(QUEUE, refuse(await broker.receive(QUEUE, request()), { attemptsMax: 0 }));
      assert.deepEqual(await broker.publish(QUEUE, [testEnvelope(1)]), ['duplicate']);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), []);
    },
  },
];
