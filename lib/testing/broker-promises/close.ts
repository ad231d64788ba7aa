import { strict as assert } from 'node:assert';
import type { CloseReport } from '../../brokers/contract.js';
import { isConclaveError } from '../../core/errors.js';
import { type BrokerPromise, QUEUE, refuse, request, seqs } from '../broker-promise.js';
import { testEnvelope, testEnvelopes } from '../envelopes.js';

/** What the contract says of `close`. What is left over is returned if it is still there, and abandoned if not. */
export const closePromises: readonly BrokerPromise[] = [
  {
    name: 'close of an empty broker ends at once, with or without drain',
    needs: [],
    async run({ broker }) {
      const report = await broker.close({ drain: true, deadlineMs: 60_000 });
      assert.deepEqual(report, { drained: 0, returned: 0, abandoned: 0 });
    },
  },
  {
    name: 'close without drain ends at once and accounts for everything held, in every queue',
    needs: ['delay'],
    async run({ broker }) {
      await broker.publish(QUEUE, testEnvelopes(1, 4));
      await broker.publish('claims', testEnvelopes(1, 2));
      await broker.ack(QUEUE, await broker.receive(QUEUE, request({ max: 1 })));
      await broker.receive(QUEUE, request({ max: 1 }));
      await broker.nack(QUEUE, refuse(await broker.receive(QUEUE, request({ max: 1 })), { delayMs: 50 }));
      const report = await broker.close({ drain: false, deadlineMs: 60_000 });
      assert.deepEqual([report.drained, left(report)], [0, 5]);
      const { durable, shared } = broker.capabilities;
      assert.equal(durable || shared ? report.abandoned : report.returned, 0);
    },
  },
  {
    name: 'close gives waiting receivers nothing',
    needs: [],
    async run({ broker, advance }) {
      const waiting = broker.receive(QUEUE, request({ waitMs: 60_000 }));
      await advance(0);
      await broker.close({ drain: false, deadlineMs: 0 });
      assert.deepEqual(await waiting, []);
    },
  },
  {
    name: 'a drain refuses publishes, serves receivers, and ends as soon as all is settled',
    needs: [],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, testEnvelopes(1, 3));
      await broker.publish('claims', [testEnvelope(1)]);
      const reports = track(broker.close({ drain: true, deadlineMs: 60_000 }));
      await assert.rejects(broker.publish(QUEUE, [testEnvelope(9)]), isShuttingDown);
      const [first, second, third] = await broker.receive(QUEUE, request());
      assert(first !== undefined && second !== undefined && third !== undefined);
      await broker.ack(QUEUE, [first]);
      await broker.nack(QUEUE, refuse([second], { attemptsMax: 0 }));
      await broker.nack(QUEUE, refuse([third]));
      const again = await broker.receive(QUEUE, request());
      assert.deepEqual(seqs(again), [3]);
      await broker.ack(QUEUE, again);
      await advance(0);
      assert.deepEqual(reports, [], 'the other queue is not empty yet');
      await broker.ack('claims', await broker.receive('claims', request()));
      await advance(0);
      assert.deepEqual(reports, [{ drained: 4, returned: 0, abandoned: 0 }]);
    },
  },
  {
    name: 'a drain ends at its deadline, and accounts for what was not settled',
    needs: ['time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, testEnvelopes(1, 3));
      const held = await broker.receive(QUEUE, request({ max: 2 }));
      const reports = track(broker.close({ drain: true, deadlineMs: 100 }));
      await broker.ack(QUEUE, held.slice(0, 1));
      await advance(99);
      assert.equal(reports.length, 0);
      await advance(1);
      assert.deepEqual(
        reports.map((report) => [report.drained, left(report)]),
        [[1, 2]],
      );
    },
  },
  {
    name: 'a second close cannot put the end off, and both get the one report',
    needs: ['time'],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, testEnvelopes(1, 2));
      const first = track(broker.close({ drain: true, deadlineMs: 100 }));
      const later = track(broker.close({ drain: true, deadlineMs: 500 }));
      await advance(99);
      assert.equal(first.length + later.length, 0);
      await advance(1);
      assert.equal(first.length, 1);
      assert.deepEqual(later, first);
    },
  },
  {
    name: 'a second close can bring the end forward, and a third gets the same report',
    needs: [],
    async run({ broker, advance }) {
      await broker.publish(QUEUE, testEnvelopes(1, 2));
      const first = track(broker.close({ drain: true, deadlineMs: 60_000 }));
      const now = await broker.close({ drain: false, deadlineMs: 0 });
      await advance(0);
      assert.deepEqual(first, [now]);
      assert.deepEqual(await broker.close({ drain: true, deadlineMs: 10 }), now);
    },
  },
  {
    name: 'after close every call but close rejects with ShuttingDown',
    needs: [],
    async run({ broker }) {
      await broker.close({ drain: false, deadlineMs: 0 });
      const calls = [
        () => broker.publish(QUEUE, [testEnvelope(1)]),
        () => broker.receive(QUEUE, request()),
        () => broker.ack(QUEUE, []),
        () => broker.extend(QUEUE, [], 1),
        () => broker.nack(QUEUE, []),
        () => broker.depth(QUEUE),
        () => broker.deadLetters(QUEUE),
      ];
      for (const call of calls) await assert.rejects(call, isShuttingDown);
    },
  },
];

function left(report: CloseReport): number {
  return report.returned + report.abandoned;
}

function isShuttingDown(error: unknown): boolean {
  return isConclaveError(error, 'ShuttingDown');
}

function track(answer: Promise<CloseReport>): CloseReport[] {
  const answers: CloseReport[] = [];
  void answer.then((report) => answers.push(report));
  return answers;
}
