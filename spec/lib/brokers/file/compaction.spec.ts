import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { FileBroker } from '../../../../lib/brokers/file.js';
import { messageId } from '../../../../lib/core/message.js';
import { encode } from '../../../../lib/core/value.js';
import { testEnvelope, testEnvelopes } from '../../../../lib/testing/index.js';
import { crashedCopy } from './crashed-copy.js';
import { ledgerRows, ledgerTexts } from './ledger-rows.js';
import { NOW, QUEUE, take, withFolder } from './scratch.js';

const payload = encode('x'.repeat(98));

/** Publishes and acks from number to number, in frames. */
async function pass(broker: FileBroker, from: number, to: number, frame = 50): Promise<void> {
  for (let at = from; at <= to; at += frame) {
    await broker.publish(QUEUE, testEnvelopes(at, Math.min(to, at + frame - 1), { payload }));
    await broker.ack(QUEUE, await take(broker));
  }
}

describe('the compaction of a ledger', () => {
  it('keeps it small under any traffic, and gives a backlog back to the disk once it is drained', async function () {
    this.timeout(60_000);
    await withFolder(async (folder) => {
      const path = join(folder, 'work.db');
      const broker = await FileBroker.open(path);
      for (let at = 1; at <= 40_000; at += 1_000)
        await broker.publish(QUEUE, testEnvelopes(at, at + 999, { payload }));
      const { bytes } = ledgerRows(path);
      expect(bytes).to.be.above(4_000_000);
      for (let left = 40; left > 0; left -= 1) await broker.ack(QUEUE, await take(broker, 1_000));
      await pass(broker, 40_001, 46_400, 100);
      expect(ledgerRows(path).bytes).to.be.below(1_200_000);
      await broker.close(NOW);
      expect((await stat(path)).size).to.be.below(1_500_000);
      const again = await FileBroker.open(path);
      expect(await again.publish(QUEUE, testEnvelopes(1, 46_400).slice(-3))).to.deep.equal(
        Array(3).fill('duplicate'),
      );
      await again.close(NOW);
    });
  });

  it('carries whatever is still needed of old rows: messages, refusals, letters, identities, answers', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'work.db');
      const broker = await FileBroker.open(path, {
        limits: { ledgerSpareBytes: 20_000, queueDepthMax: 100 },
      });
      const answer = { id: messageId('asked'), asker: 'me', outcome: encode('done') };
      const own = testEnvelope(7, { producer: 'other', id: messageId('my own') });
      const keyed = [1, 2].map((seq) => testEnvelope(seq, { producer: 'keys', orderingKey: 'k' }));
      await broker.publish(QUEUE, [...testEnvelopes(1, 4), own, ...keyed]);
      const [stuck, refused, dead, answered] = await take(broker, 4);
      if (!stuck || !refused || !dead || !answered) throw new Error('four were given out');
      const terms = { fault: 'failure', delayMs: 0, attemptsMax: 9, reason: 'it threw' } as const;
      await broker.nack(QUEUE, [{ ...terms, receipt: refused }]);
      await broker.nack(QUEUE, [{ ...terms, receipt: dead, attemptsMax: 1 }]);
      await broker.ack(QUEUE, [{ ...answered, answer }]);
      const held = await take(broker);
      expect(held).to.have.length(3);
      // Full at 95 more; two are refused, and come again after later ones were accepted.
      const crowd = testEnvelopes(1, 97, { producer: 'crowd' });
      expect((await broker.publish(QUEUE, crowd)).slice(-3)).to.deep.equal(['accepted', 'full', 'full']);
      await broker.ack(QUEUE, (await take(broker)).slice(0, 90));
      await broker.publish(QUEUE, testEnvelopes(98, 98, { producer: 'crowd' }));
      for (let at = 1_001; at < 2_000; at += 5) await pass(broker, at, at + 4);
      const { rows } = ledgerRows(path);
      expect(rows, 'rows of about 400 commits').to.be.below(250);
      const again = await FileBroker.open(crashedCopy(path, 'crashed'));
      expect(await again.deadLetters(QUEUE)).to.deep.equal(await broker.deadLetters(QUEUE));
      expect(await again.answers.find(answer.id)).to.deep.equal(answer);
      expect(await again.answers.read('me', { cursor: '', max: 9, waitMs: 0 })).to.deep.equal({
        answers: [answer],
        cursor: '1',
      });
      const resent = [own, ...keyed, ...testEnvelopes(1_001, 1_001), ...crowd.slice(0, 1)];
      expect(await again.publish(QUEUE, resent)).to.deep.equal(Array(5).fill('duplicate'));
      expect(await again.publish(QUEUE, crowd.slice(-2))).to.deep.equal(['accepted', 'accepted']);
      const found = await take(again);
      expect(found.slice(0, 2).map(({ seq, failures }) => [seq, failures])).to.deep.equal([
        [refused.seq, 1],
        [stuck.seq, 0],
      ]);
      expect(found.map(({ envelope }) => envelope.id))
        .to.include('my own')
        .and.include('keys:1');
      expect(found.map(({ envelope }) => envelope.id)).to.not.include('keys:2');
      await again.close(NOW);
      await broker.close(NOW);
    }));

  it('goes on over openings, and leaves nothing of queues that were purged', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'work.db');
      for (let opening = 0; opening < 5; opening += 1) {
        const broker = await FileBroker.open(path);
        const queue = `run-${opening}`;
        await broker.publish(queue, testEnvelopes(1, 5));
        await broker.publish(QUEUE, testEnvelopes(opening + 1, opening + 1));
        await broker.purge([queue]);
        expect(await broker.depth(queue)).to.include({ ready: 0 });
        expect(await broker.publish(queue, testEnvelopes(1, 1)), 'as if it were new').to.deep.equal([
          'accepted',
        ]);
        const [first] = await broker.receive(queue, { consumer: 'c', max: 1, waitMs: 0, leaseMs: 9 });
        expect(first?.seq).to.equal(1);
        await broker.purge([queue]);
        await broker.close(NOW);
      }
      const broker = await FileBroker.open(path);
      const left = await take(broker);
      expect(left).to.have.length(5);
      await broker.ack(QUEUE, left);
      for (let opening = 0; opening < 5; opening += 1)
        expect(await broker.depth(`run-${opening}`)).to.deep.equal({
          ready: 0,
          delayed: 0,
          heldBack: 0,
          inFlight: 0,
        });
      await pass(broker, 1_001, 1_100, 1);
      await broker.close(NOW);
      // Whoever asked for their depth had them open until then.
      await (await FileBroker.open(path)).close(NOW);
      expect(ledgerTexts(path).join('')).to.include(QUEUE).and.not.include('run-');
    }));
});
