import { strict as assert } from 'node:assert';
import type { Broker } from '../../brokers/contract.js';
import { isConclaveError } from '../../core/errors.js';
import { messageId } from '../../core/message.js';
import { type BrokerPromise, QUEUE, refuse, request, seqs } from '../broker-promise.js';
import type { BrokerUnderTest } from '../broker-under-test.js';
import { testEnvelope, testEnvelopes } from '../envelopes.js';
import { answer, read, settle, shelfOf } from './answers.js';

/** What the contract says of brokers that several processes have open, and of receives that name agents. */
export const sharingPromises: readonly BrokerPromise[] = [
  {
    name: 'what one client publishes another receives, each message one of them, and either sees what stands there',
    needs: ['shared'],
    async run(under) {
      const [ours, theirs] = await clientsOf(under);
      await ours.publish(QUEUE, testEnvelopes(1, 2));
      await theirs.publish(QUEUE, [testEnvelope(1, { producer: 'other' })]);
      assert.deepEqual(seqs(await theirs.receive(QUEUE, request({ max: 1 }))), [1]);
      const rest = await ours.receive(QUEUE, request());
      assert.deepEqual(seqs(rest), [2, 3]);
      await ours.nack(QUEUE, refuse(rest.slice(1), { attemptsMax: 0 }));
      const depth = { ready: 0, delayed: 0, heldBack: 0, inFlight: 2 };
      assert.deepEqual([await ours.depth(QUEUE), await theirs.depth(QUEUE)], [depth, depth]);
      assert.equal((await theirs.deadLetters(QUEUE)).length, 1);
    },
  },
  {
    name: 'a message is known whichever client publishes it again',
    needs: ['shared'],
    async run(under) {
      const [ours, theirs] = await clientsOf(under);
      const own = testEnvelope(9, { id: messageId('mine') });
      await ours.publish(QUEUE, [...testEnvelopes(1, 2), own]);
      assert.deepEqual(await theirs.publish(QUEUE, [...testEnvelopes(2, 3), own]), [
        'duplicate',
        'accepted',
        'duplicate',
      ]);
      assert.deepEqual(await ours.publish(QUEUE, [testEnvelope(3)]), ['duplicate']);
    },
  },
  {
    name: 'the bounds of a queue are those of all its clients together',
    needs: ['shared', 'limits'],
    limits: { queueDepthMax: 2 },
    async run(under) {
      const [ours, theirs] = await clientsOf(under);
      await ours.publish(QUEUE, [testEnvelope(1)]);
      const other = testEnvelopes(1, 2, { producer: 'other' });
      assert.deepEqual(await theirs.publish(QUEUE, other), ['accepted', 'full']);
      assert.deepEqual(await ours.publish(QUEUE, [testEnvelope(2)]), ['full']);
    },
  },
  {
    name: 'a token settles once, at whichever client',
    needs: ['shared'],
    async run(under) {
      const [ours, theirs] = await clientsOf(under);
      await ours.publish(QUEUE, testEnvelopes(1, 2));
      const held = await ours.receive(QUEUE, request());
      assert.deepEqual(await theirs.ack(QUEUE, held.slice(0, 1)), ['ok']);
      assert.deepEqual(await ours.ack(QUEUE, held), ['stale', 'ok']);
    },
  },
  {
    name: 'what one client held too long another gets, and then the first settles nothing',
    needs: ['shared', 'time'],
    async run(under) {
      const [ours, theirs] = await clientsOf(under);
      await ours.publish(QUEUE, [testEnvelope(1)]);
      const late = await ours.receive(QUEUE, request({ leaseMs: 50 }));
      await under.advance(50);
      const held = await theirs.receive(QUEUE, request());
      assert.deepEqual(seqs(held), [1]);
      assert.deepEqual(await ours.ack(QUEUE, late), ['stale']);
      assert.deepEqual(await theirs.ack(QUEUE, held), ['ok']);
    },
  },
  {
    name: 'of an ordering key one message is out over all clients',
    needs: ['shared', 'keys'],
    async run(under) {
      const [ours, theirs] = await clientsOf(under);
      await ours.publish(QUEUE, testEnvelopes(1, 1, { orderingKey: 'a' }));
      await theirs.publish(QUEUE, testEnvelopes(1, 1, { orderingKey: 'a', producer: 'other' }));
      const held = await ours.receive(QUEUE, request());
      assert.deepEqual([seqs(held), await theirs.receive(QUEUE, request())], [[1], []]);
      await ours.ack(QUEUE, held);
      assert.deepEqual(seqs(await theirs.receive(QUEUE, request())), [2]);
    },
  },
  {
    name: 'a receiver who waits at one client is served by what another does',
    needs: ['shared'],
    async run(under) {
      const [ours, theirs] = await clientsOf(under);
      const first = track(ours.receive(QUEUE, request({ waitMs: 60_000 })));
      await under.advance(0);
      await theirs.publish(QUEUE, [testEnvelope(1)]);
      await under.advance(0);
      assert.deepEqual(first.map(seqs), [[1]]);
      const again = track(theirs.receive(QUEUE, request({ waitMs: 60_000 })));
      await under.advance(0);
      await ours.nack(QUEUE, refuse(first.flat()));
      await under.advance(0);
      assert.deepEqual(again.map(seqs), [[1]]);
    },
  },
  {
    name: 'an answer kept by one client is found and read at another, who may wait for it',
    needs: ['shared', 'answers'],
    async run(under) {
      const [ours, theirs] = await clientsOf(under);
      const pages = track(read(theirs, 'ada', { waitMs: 60_000 }));
      await under.advance(0);
      await settle(ours, [answer('t', 'ada')]);
      await under.advance(0);
      assert.deepEqual(
        pages.map(({ answers }) => answers),
        [[answer('t', 'ada')]],
      );
      assert.deepEqual(await shelfOf(theirs).find(messageId('t')), answer('t', 'ada'));
    },
  },
  {
    name: 'closing one client takes nothing from another',
    needs: ['shared'],
    async run(under) {
      const [ours, theirs] = await clientsOf(under);
      await ours.publish(QUEUE, testEnvelopes(1, 2));
      const held = await theirs.receive(QUEUE, request({ max: 1 }));
      await theirs.close({ drain: false, deadlineMs: 0 });
      await assert.rejects(theirs.depth(QUEUE), (error) => isConclaveError(error, 'ShuttingDown'));
      assert.deepEqual(await ours.depth(QUEUE), { ready: 1, delayed: 0, heldBack: 0, inFlight: 1 });
      assert.deepEqual(await ours.ack(QUEUE, held), ['ok']);
      assert.deepEqual(await ours.publish(QUEUE, [testEnvelope(3)]), ['accepted']);
      assert.deepEqual(seqs(await ours.receive(QUEUE, request())), [2, 3]);
    },
  },
  {
    name: 'a receive that names agents gets their messages alone, in the order that all are in, and others get the rest',
    needs: ['shared'],
    async run({ broker }) {
      await broker.publish(QUEUE, ofAgents('x', 'y', 'z', 'x', 'y', 'x'));
      assert.deepEqual(seqs(await broker.receive(QUEUE, request({ agents: ['nobody'] }))), []);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request({ agents: ['y', 'x'], max: 3 }))), [1, 2, 4]);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request())), [3, 5, 6]);
    },
  },
  {
    name: 'among the messages of the agents named priority and age decide as among all',
    needs: ['shared', 'priorities', 'time'],
    async run({ broker, advance }) {
      const [first, second, third] = ofAgents('x', 'y', 'x');
      assert(first !== undefined && second !== undefined && third !== undefined);
      await broker.publish(QUEUE, [{ ...first, priority: 1 }]);
      await advance(30);
      await broker.publish(QUEUE, [
        { ...second, priority: 3 },
        { ...third, priority: 5 },
      ]);
      const given = await broker.receive(QUEUE, request({ agents: ['x', 'y'], ageingMs: 10 }));
      assert.deepEqual(seqs(given), [3, 1, 2]);
    },
  },
  {
    name: 'what came back is for its own agent too, and before anything new of it',
    needs: ['shared'],
    async run({ broker }) {
      await broker.publish(QUEUE, ofAgents('x', 'y', 'x', 'y'));
      await broker.nack(QUEUE, refuse(await broker.receive(QUEUE, request({ max: 2 }))));
      assert.deepEqual(seqs(await broker.receive(QUEUE, request({ agents: ['y'] }))), [2, 4]);
      assert.deepEqual(seqs(await broker.receive(QUEUE, request({ agents: ['x'] }))), [1, 3]);
    },
  },
  {
    name: 'a receiver who waits for other agents does not hold up those behind it',
    needs: ['shared'],
    async run({ broker, advance }) {
      const [forX, forY] = ['x', 'y'].map((agent) =>
        track(broker.receive(QUEUE, request({ waitMs: 60_000, agents: [agent] }))),
      );
      await advance(0);
      const [first, second] = ofAgents('y', 'x');
      assert(first !== undefined && second !== undefined);
      await broker.publish(QUEUE, [first]);
      await advance(0);
      assert.deepEqual([forX?.map(seqs), forY?.map(seqs)], [[], [[1]]]);
      await broker.publish(QUEUE, [second]);
      await advance(0);
      assert.deepEqual(forX?.map(seqs), [[2]]);
    },
  },
];

/** Both clients of a broker that is shared. */
async function clientsOf({ broker, another }: BrokerUnderTest): Promise<[Broker, Broker]> {
  assert(another !== undefined, 'the factory of a broker that is shared opens another client');
  return [broker, await another()];
}

/** Envelopes 1, 2, … of these agents. */
function ofAgents(...agents: string[]) {
  return agents.map((agent, index) => testEnvelope(index + 1, { agent }));
}

function track<T>(answer: Promise<T>): T[] {
  const answers: T[] = [];
  void answer.then((each) => answers.push(each));
  return answers;
}
