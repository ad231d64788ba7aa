import { strict as assert } from 'node:assert';
import type { Delivery } from '../../brokers/contract.js';
import { type BrokerPromise, QUEUE, refuse, request, seqs } from '../broker-promise.js';
import { testEnvelope, testEnvelopes } from '../envelopes.js';

/** Calls off at so many different moments of a receive. */
const CALL_OFFS = 8;

/** What the contract says of `receive`, and of what comes back. */
export const deliveryPromises: readonly BrokerPromise[] = [
  {
    name: 'receive gives at most max, each message to one receiver, with its counts',
    needs: [],
    async run({ broker }) {
      await broker.publish(QUEUE, testEnvelopes(1, 5));
      const first = await broker.receive(QUEUE, request({ max: 2, consumer: 'ada' }));
      const second = await broker.receive(QUEUE, request({ max: 9, consumer: 'bob' }));
      assert.deepEqual(
        [seqs(first), seqs(second)],
        [
          [1, 2],
          [3, 4, 5],
        ],
      );
      for (const { deliveries, failures, crashes } of [...first, ...second]) {
        assert.deepEqual([deliveries, failures, crashes], [1, 0, 0]);
      }
    },
  },
  {
    name: 'counts go on from those of the envelope',
    needs: [],
    async run({ broker }) {
      await broker.publish(QUEUE, [testEnvelope(1, { deliveries: 3, failures: 2, crashes: 1 })]);
      const [delivery] = await broker.receive(QUEUE, request());
      assert.deepEqual([delivery?.deliveries, delivery?.failures, delivery?.crashes], [4, 2, 1]);
    },
  },
  {
    name: 'an empty receive gets nothing, at once without a wait',
    needs: [],
    async run({ broker }) {
      assert.deepEqual(await broker.receive(QUEUE, request()), []);
    },
  },
  {
    name: 'an empty receive gets nothing after waitMs, and not before',
    needs: ['time'],
    async run({ broker, advance }) {
      const answers = track(broker.receive(QUEUE, request({ waitMs: 100 })));
      await advance(99);
      assert.deepEqual(answers, []);
      await advance(1);
      assert.deepEqual(answers, [[]]);
    },
  },
  {
    name: 'waiting receivers are served in turn',
    needs: [],
    async run({ broker, advance }) {
      const first = track(broker.receive(QUEUE, request({ waitMs: 60_000, max: 2 })));
      const second = track(broker.receive(QUEUE, request({ waitMs: 60_000, max: 2 })));
      await advance(0);
      await broker.publish(QUEUE, [testEnvelope(1)]);
      await advance(0);
      assert.deepEqual([first.map(seqs), second.map(seqs)], [[[1]], []]);
      await broker.publish(QUEUE, testEnvelopes(2, 4));
      await advance(0);
      assert.deepEqual(second.map(seqs), [[2, 3]]);
      assert.deepEqual(await broker.depth(QUEUE), { ready: 1, delayed: 0, heldBack: 0, inFlight: 3 });
    },
  },
  {
    name: 'one message serves one of two waiting receivers, and publishing more serves both at once',
    needs: [],
    async run({ broker, advance }) {
      const waiting = [1, 2].map(() => track(broker.receive(QUEUE, request({ waitMs: 60_000, max: 1 }))));
      await advance(0);
      await broker.publish(QUEUE, testEnvelopes(1, 2));
      await advance(0);
      assert.deepEqual(
        waiting.map((answers) => answers.map(seqs)),
        [[[1]], [[2]]],
      );
    },
  },
  {
    name: 'a receive that is called off gets nothing, at once, and what comes then goes to those behind it',
    needs: [],
    async run({ broker, advance }) {
      const calling = new AbortController();
      const first = track(broker.receive(QUEUE, request({ waitMs: 60_000, signal: calling.signal })));
      const second = track(broker.receive(QUEUE, request({ waitMs: 60_000 })));
      await advance(0);
      calling.abort();
      await advance(0);
      assert.deepEqual([first, second], [[[]], []]);
      await broker.publish(QUEUE, testEnvelopes(1, 2));
      await advance(0);
      assert.deepEqual(second.map(seqs), [[1, 2]]);
      assert.deepEqual(await broker.depth(QUEUE), { ready: 0, delayed: 0, heldBack: 0, inFlight: 2 });
    },
  },
  {
    name: 'a receive whose signal had aborted before gets nothing, and nothing is given out to it',
    needs: [],
    async run({ broker }) {
      await broker.publish(QUEUE, [testEnvelope(1)]);
      const signal = AbortSignal.abort();
      assert.deepEqual(await broker.receive(QUEUE, request({ waitMs: 60_000, signal })), []);
      assert.deepEqual(await broker.depth(QUEUE), { ready: 1, delayed: 0, heldBack: 0, inFlight: 0 });
    },
  },
  {
    name: 'what a receive was given as it was called off is in its answer, or was never given out',
    needs: [],
    async run({ broker, advance }) {
      for (let turns = 0; turns < CALL_OFFS; turns += 1) {
        const calling = new AbortController();
        const answers = track(broker.receive(QUEUE, request({ waitMs: 60_000, signal: calling.signal })));
        if (turns % 2 === 0) await advance(0);
        const published = broker.publish(QUEUE, [testEnvelope(turns + 1)]);
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        if (turns === CALL_OFFS - 1) await published;
        calling.abort();
        await published;
        await advance(0);
        assert.equal(answers.length, 1, 'it waits no longer');
        const given = answers.flat();
        const { inFlight } = await broker.depth(QUEUE);
        assert.equal(inFlight, given.length);
        const rest = await broker.receive(QUEUE, request());
        assert.deepEqual(seqs([...given, ...rest]), [turns + 1]);
        await broker.ack(QUEUE, [...given, ...rest]);
      }
    },
  },
  {
    name: 'a refusal wakes a waiting receiver',
    needs: [],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, [testEnvelope(1)]);
      const held = await broker.receive(QUEUE, request());
      const waiting = track(broker.receive(QUEUE, request({ waitMs: 60_000 })));
      await advance(0);
      await broker.nack(QUEUE, refuse(held));
      await advance(0);
      assert.deepEqual(waiting.map(seqs), [[1]]);
    },
  },
  {
    name: 'a delay that passes and a lease that runs out wake a waiting receiver',
    needs: ['delay', 'time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, testEnvelopes(1, 2));
      const [first] = await broker.receive(QUEUE, request({ leaseMs: 40, max: 1 }));
      assert(first !== undefined);
      await broker.nack(QUEUE, refuse(await broker.receive(QUEUE, request({ max: 1 })), { delayMs: 20 }));
      const one = track(broker.receive(QUEUE, request({ waitMs: 60_000, max: 1 })));
      const two = track(broker.receive(QUEUE, request({ waitMs: 60_000, max: 1 })));
      await advance(19);
      assert.deepEqual([one, two], [[], []]);
      await advance(1);
      assert.deepEqual([one.map(seqs), two], [[[2]], []]);
      await advance(20);
      assert.deepEqual(two.map(seqs), [[1]]);
    },
  },
  {
    name: 'what came back is given out before anything new, in the order in which it came back',
    needs: [],
    async run({ broker }) {
      await broker.publish(QUEUE, testEnvelopes(1, 5));
      const [first, second, third] = await broker.receive(QUEUE, request({ max: 3 }));
      assert(first !== undefined && second !== undefined && third !== undefined);
      await broker.nack(QUEUE, refuse([third]));
      await broker.nack(QUEUE, refuse([first, second]));
      const again = await broker.receive(QUEUE, request());
      assert.deepEqual(seqs(again), [3, 1, 2, 4, 5]);
      assert.deepEqual(
        again.map(({ deliveries }) => deliveries),
        [2, 2, 2, 1, 1],
      );
    },
  },
  {
    name: 'what was refused with a delay comes back when that has passed, before anything new',
    needs: ['delay', 'time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, testEnvelopes(1, 3));
      await broker.nack(QUEUE, refuse(await broker.receive(QUEUE, request({ max: 1 })), { delayMs: 30 }));
      await broker.nack(QUEUE, refuse(await broker.receive(QUEUE, request({ max: 1 })), { delayMs: 20 }));
      await advance(19);
      assert.deepEqual(await broker.depth(QUEUE), { ready: 1, delayed: 2, heldBack: 0, inFlight: 0 });
      await advance(11);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [2, 1, 3]);
    },
  },
  {
    name: 'when the lease runs out, to the millisecond, what is unsettled comes back in order of seq',
    needs: ['time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, testEnvelopes(1, 4));
      const held = await broker.receive(QUEUE, request({ leaseMs: 50, max: 3 }));
      await broker.ack(QUEUE, held.slice(1, 2));
      await advance(49);
      assert.deepEqual(await broker.depth(QUEUE), { ready: 1, delayed: 0, heldBack: 0, inFlight: 2 });
      await advance(1);
      const again = await broker.receive(QUEUE, request());
      assert.deepEqual(
        again.map(({ seq, deliveries, failures, crashes }) => [seq, deliveries, failures, crashes]),
        [
          [1, 2, 0, 0],
          [3, 2, 0, 0],
          [4, 1, 0, 0],
        ],
      );
    },
  },
];

/** The answers of a receive so far: none while it waits. */
function track(answer: Promise<readonly Delivery[]>): (readonly Delivery[])[] {
  const answers: (readonly Delivery[])[] = [];
  void answer.then((deliveries) => answers.push(deliveries));
  return answers;
}
