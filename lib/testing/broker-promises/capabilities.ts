import { strict as assert } from 'node:assert';
import { messageId } from '../../core/message.js';
import type { BrokerPromise } from '../broker-promise.js';
import { QUEUE, refuse, request, seqs } from '../broker-promise.js';
import type { BrokerTrait } from '../broker-under-test.js';
import { testEnvelope, testEnvelopes } from '../envelopes.js';

/** What the contract says of capabilities: a broker keeps what it says there, and the suite skips what it does not. */
export const capabilityPromises: readonly BrokerPromise[] = [
  {
    name: 'its capabilities say the same as the suite was told that it lacks',
    needs: [],
    async check(factory) {
      const under = await factory.open({});
      const { capabilities, answers, purge } = under.broker;
      const { orderedByKey, delayed, priorities, durable, shared } = capabilities;
      const keeps = (trait: BrokerTrait) => factory.lacks?.includes(trait) !== true;
      assert.deepEqual(
        {
          ...{ orderedByKey, delayed, priorities, durable, shared },
          answers: answers !== undefined,
          purge: purge !== undefined,
        },
        {
          orderedByKey: keeps('keys'),
          delayed: keeps('delay'),
          priorities: keeps('priorities'),
          durable: keeps('durable'),
          shared: keeps('shared'),
          answers: keeps('answers'),
          purge: keeps('purge'),
        },
        `what ${factory.name} says that it keeps, against the traits that its factory lacks`,
      );
      await under.broker.close({ drain: false, deadlineMs: 0 });
      await under.dispose();
    },
  },
  {
    name: 'a key, a priority and a delay that it does not keep change nothing',
    needs: [],
    async run({ broker }) {
      const { orderedByKey, delayed, priorities } = broker.capabilities;
      const unkept = {
        ...(orderedByKey ? {} : { orderingKey: 'a' }),
        ...(delayed ? {} : { delayMs: 60_000 }),
      };
      const envelopes = [1, 2, 3].map((seq) =>
        testEnvelope(seq, { ...unkept, ...(priorities ? {} : { priority: seq }) }),
      );
      await broker.publish(QUEUE, envelopes);
      const given = await broker.receive(QUEUE, request());
      assert.deepEqual(seqs(given), [1, 2, 3]);
      assert.deepEqual(
        given.map(({ envelope }) => envelope),
        envelopes,
      );
    },
  },
  {
    name: 'it says at-least-once or at-most-once, and what is durable is never less than at-least-once',
    needs: [],
    async run({ broker }) {
      const { delivery, durable } = broker.capabilities;
      assert(delivery === 'at-least-once' || delivery === 'at-most-once', `delivery ${delivery}`);
      if (durable) assert.equal(delivery, 'at-least-once');
    },
  },
  {
    name: 'the agents of a receive change nothing where it is not shared',
    needs: [],
    async run({ broker }) {
      if (broker.capabilities.shared) return;
      await broker.publish(QUEUE, [testEnvelope(1)]);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request({ agents: ['nobody'] }))), [1]);
    },
  },
  {
    name: 'what it is called holds no password',
    needs: [],
    async run({ broker }) {
      assert.notEqual(broker.name, '');
      assert.doesNotMatch(broker.name, /\/\/[^/]*:[^/]*@/);
    },
  },
  {
    name: 'what it warns of is said in sentences, without a password',
    needs: [],
    async run({ broker }) {
      for (const warning of broker.warnings ?? []) {
        assert.match(warning, /^\S.*\.$/s);
        assert.doesNotMatch(warning, /\/\/[^/]*:[^/]*@/);
      }
    },
  },
  {
    name: 'a purge removes queues with all that is known of them, and no other',
    needs: ['purge'],
    async run({ broker }) {
      const id = messageId('mine');
      const envelopes = [...testEnvelopes(1, 3), testEnvelope(9, { id })];
      await broker.publish(QUEUE, envelopes);
      await broker.publish('claims', testEnvelopes(1, 2));
      const [first, second] = await broker.receive(QUEUE, request({ max: 2 }));
      assert(first !== undefined && second !== undefined);
      await broker.nack(QUEUE, refuse([first], { attemptsMax: 0 }));
      await broker.purge?.([QUEUE, 'never used']);
      assert.deepEqual(await broker.depth(QUEUE), { ready: 0, delayed: 0, heldBack: 0, inFlight: 0 });
      assert.deepEqual(await broker.deadLetters(QUEUE), []);
      assert.deepEqual(
        await broker.publish(QUEUE, envelopes),
        envelopes.map(() => 'accepted'),
      );
      assert.deepEqual(await broker.depth('claims'), { ready: 2, delayed: 0, heldBack: 0, inFlight: 0 });
    },
  },
  {
    name: 'a token of a queue that was purged is stale, also when the queue is used again',
    needs: ['purge'],
    async run({ broker }) {
      await broker.publish(QUEUE, testEnvelopes(1, 2));
      const held = await broker.receive(QUEUE, request());
      await broker.purge?.([QUEUE]);
      assert.deepEqual(await broker.ack(QUEUE, held), ['stale', 'stale']);
      await broker.publish(QUEUE, testEnvelopes(1, 2));
      await broker.receive(QUEUE, request());
      assert.deepEqual(await broker.ack(QUEUE, held), ['stale', 'stale']);
    },
  },
];
