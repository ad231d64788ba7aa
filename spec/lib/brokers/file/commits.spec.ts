import { join } from 'node:path';
import { expect } from 'chai';
import Libsql from 'libsql';
import { FileBroker } from '../../../../lib/brokers/file.js';
import { messageId } from '../../../../lib/core/message.js';
import { encode } from '../../../../lib/core/value.js';
import { testEnvelope, testEnvelopes } from '../../../../lib/testing/index.js';
import { ledgerRows } from './ledger-rows.js';
import { idsIn, NOW, QUEUE, refusal, take, withFolder } from './scratch.js';
import { TurningClock } from './turning-clock.js';

/** A ledger that is open, and hands on its disk: while blocked, no commit goes through. */
async function withLedger(
  body: (under: {
    broker: FileBroker;
    path: string;
    clock: TurningClock;
    block: () => () => void;
  }) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const path = join(folder, 'work.db');
    const clock = new TurningClock();
    const broker = await FileBroker.open(path, {
      clock,
      limits: { queueDepthMax: 100, dedupeWindowMs: 10_000 },
    });
    const block = () => {
      const other = new Libsql(path);
      other.exec('BEGIN IMMEDIATE');
      return () => {
        other.exec('ROLLBACK');
        other.close();
      };
    };
    await body({ broker, path, clock, block });
    await broker.close(NOW);
    expect(clock.pending, 'timers left').to.equal(0);
  });
}

describe('commits of the file broker', () => {
  it('hold all that is asked for in one turn', () =>
    withLedger(async ({ broker, path }) => {
      await broker.publish(QUEUE, testEnvelopes(1, 50));
      const deliveries = await take(broker, 50);
      const { rows } = ledgerRows(path);
      const calls = [
        ...deliveries.map((delivery) => broker.ack(QUEUE, [delivery])),
        ...testEnvelopes(51, 90).map((envelope) => broker.publish(QUEUE, [envelope])),
        ...testEnvelopes(91, 99).map((envelope) => broker.publish('others', [envelope])),
      ];
      expect(new Set((await Promise.all(calls)).flat())).to.have.keys('ok', 'accepted');
      expect(ledgerRows(path).rows).to.equal(rows + 1);
    }));

  it('are not made for what changes nothing', () =>
    withLedger(async ({ broker, path }) => {
      await broker.publish(QUEUE, testEnvelopes(1, 5));
      const { rows } = ledgerRows(path);
      await broker.publish(QUEUE, testEnvelopes(1, 5));
      await broker.extend(QUEUE, await take(broker, 2), 1_000);
      expect(await broker.ack(QUEUE, [{ seq: 4, token: 'another' }])).to.deep.equal(['stale']);
      expect(ledgerRows(path).rows).to.equal(rows);
    }));

  it('come before anybody sees what they hold', () =>
    withLedger(async ({ broker, path, clock }) => {
      let rowsSeen = -1;
      const waiting = broker
        .receive(QUEUE, { consumer: 'c', max: 9, waitMs: 1_000, leaseMs: 1_000 })
        .then((deliveries) => {
          rowsSeen = ledgerRows(path).rows;
          return deliveries;
        });
      await clock.settle();
      const published = broker.publish(QUEUE, testEnvelopes(1, 3));
      expect(await take(broker), 'before the commit').to.have.length(0);
      expect(await broker.depth(QUEUE)).to.include({ ready: 0 });
      await published;
      expect(await waiting).to.have.length(3);
      expect(rowsSeen).to.equal(1);
    }));

  it('that fail reject every call in them, leave nothing behind, and go through once they can', () =>
    withLedger(async ({ broker, path, block, clock }) => {
      await broker.publish(QUEUE, testEnvelopes(1, 3));
      const [first, second] = await take(broker, 2);
      if (first === undefined || second === undefined) throw new Error('two were given out');
      const waiting = broker.receive('empty', { consumer: 'c', max: 9, waitMs: 1_000, leaseMs: 1_000 });
      const unblock = block();
      for (let tries = 0; tries < 3; tries += 1) {
        const calls = [
          broker.publish(QUEUE, testEnvelopes(4, 6)),
          broker.publish('empty', testEnvelopes(1, 1)),
          broker.ack(QUEUE, [first]),
          broker.nack(QUEUE, [
            { receipt: second, fault: 'failure', delayMs: 0, attemptsMax: 1, reason: 'it' },
          ]),
        ];
        for (const call of calls)
          expect(await refusal(call, 'BrokerUnavailable'))
            .to.include(path)
            .and.include('holds it');
      }
      expect(await waiting, 'whoever waited').to.have.length(0);
      // What was out has come back, and nothing of what failed is there.
      expect(await broker.depth(QUEUE)).to.deep.equal({ ready: 3, delayed: 0, heldBack: 0, inFlight: 0 });
      expect(await broker.deadLetters(QUEUE)).to.have.length(0);
      unblock();
      expect(await broker.ack(QUEUE, [first]), 'a token of before').to.deep.equal(['stale']);
      expect(await broker.publish(QUEUE, testEnvelopes(1, 6))).to.deep.equal([
        ...Array(3).fill('duplicate'),
        ...Array(3).fill('accepted'),
      ]);
      expect(await idsIn(broker)).to.deep.equal(testEnvelopes(1, 6).map(({ id }) => id));
      await clock.settle();
    }));

  it('that fail lose no answer, and no refusal of a full queue', () =>
    withLedger(async ({ broker, block }) => {
      const answer = { id: messageId('asked'), asker: 'me', outcome: encode('done') };
      await broker.publish(QUEUE, testEnvelopes(1, 110));
      const [first, ...rest] = await take(broker, 11);
      if (first === undefined) throw new Error('some were given out');
      await broker.ack(QUEUE, [{ ...first, answer }]);
      const unblock = block();
      await refusal(broker.ack(QUEUE, rest), 'BrokerUnavailable');
      unblock();
      expect(await broker.answers?.find(answer.id)).to.deep.equal(answer);
      expect(await broker.answers?.read('me', { cursor: '', max: 9, waitMs: 0 })).to.include({ cursor: '1' });
      // Number 101 was refused; a later one is accepted; then it comes again.
      expect(await broker.publish(QUEUE, [testEnvelope(111)])).to.deep.equal(['accepted']);
      await broker.ack(QUEUE, await take(broker, 5));
      expect(await broker.publish(QUEUE, testEnvelopes(100, 102))).to.deep.equal([
        'duplicate',
        'accepted',
        'accepted',
      ]);
    }));

  it('that cannot be written for a fault of the caller hurt nobody else', () =>
    withLedger(async ({ broker }) => {
      const [wrong, right] = await Promise.allSettled([
        broker.publish(QUEUE, [testEnvelope(1, { priority: 77 })]),
        broker.publish(QUEUE, [testEnvelope(2)]),
      ]);
      expect(wrong.status).to.equal('rejected');
      expect(right).to.deep.equal({ status: 'fulfilled', value: ['accepted'] });
    }));

  it('of one message after the other, of many bytes, are split into rows and found again', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'work.db');
      const first = await FileBroker.open(path);
      const payload = encode('x'.repeat(200_000));
      await first.publish(QUEUE, testEnvelopes(1, 20, { payload }));
      await first.publish(QUEUE, testEnvelopes(21, 3_000));
      expect(ledgerRows(path).rows).to.be.above(6);
      await first.close(NOW);
      const second = await FileBroker.open(path);
      expect(await idsIn(second)).to.deep.equal(testEnvelopes(1, 3_000).map(({ id }) => id));
      await second.close(NOW);
    }));
});

describe('time in the file broker', () => {
  it('goes on by the wall clock between two openings, and begins again where that was set back', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'work.db');
      const clock = new TurningClock();
      const first = await FileBroker.open(path, { clock });
      await first.publish(QUEUE, [testEnvelope(1, { delayMs: 1_000 }), testEnvelope(2)]);
      const [delivery] = await take(first);
      if (delivery === undefined) throw new Error('one was given out');
      const terms = { fault: 'failure', delayMs: 500, attemptsMax: 9, reason: 'it threw' } as const;
      await first.nack(QUEUE, [{ receipt: delivery, ...terms }]);
      await first.close(NOW);
      const openedAfter = async (stepMs: number, wallStepMs: number, openMs: number) => {
        await clock.advance(stepMs);
        clock.wallStepMs += wallStepMs - stepMs;
        const broker = await FileBroker.open(path, { clock });
        await clock.advance(openMs);
        const ids = await idsIn(broker);
        await broker.close(NOW);
        return ids;
      };
      expect(await openedAfter(400, 400, 99)).to.deep.equal([]);
      expect(await openedAfter(0, 0, 1)).to.deep.equal(['producer:2']);
      expect(await openedAfter(0, -3_600_000, 499), 'set back by an hour: from its beginning').to.deep.equal(
        [],
      );
      expect(await openedAfter(0, 0, 500)).to.deep.equal(['producer:2']);
      expect(await openedAfter(0, 0, 1_000)).to.have.members(['producer:1', 'producer:2']);
      expect(await openedAfter(0, 7_200_000, 0)).to.have.members(['producer:1', 'producer:2']);
    }));
});
