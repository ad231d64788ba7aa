import { strict as assert } from 'node:assert';
import type { BrokerPromise } from '../broker-promise.js';
import { QUEUE, request, seqs } from '../broker-promise.js';
import type { BrokerTrait } from '../broker-under-test.js';
import { testEnvelope } from '../envelopes.js';

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
];
