import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery } from '../../../../lib/brokers/contract.js';
import { FileBroker } from '../../../../lib/brokers/file.js';
import { encode } from '../../../../lib/core/value.js';
import { testEnvelopes } from '../../../../lib/testing/index.js';
import { QUEUE, take } from './scratch.js';

/*
 * What the specs of the file broker run as a process of its own; each line that it prints is [word, ids]:
 *   work PATH FROM    publishes, receives and settles from number FROM on, until it is killed; says what it tries,
 *                     and what of it was done
 *   hold PATH         opens the ledger, says so, and keeps it
 *   fill PATH         publishes until it cannot, says why, and goes on once it can
 */
const [task = '', path = '', from = '1'] = process.argv.slice(2);

/** At once and whole, so that nothing that was said is lost in a buffer when this process is killed. */
function say(word: string, ids: readonly string[] = []): void {
  writeSync(1, `${JSON.stringify([word, ids])}\n`);
}

const idsOf = (deliveries: readonly Delivery[]) => deliveries.map(({ envelope }) => envelope.id);

async function work(): Promise<void> {
  const broker = await FileBroker.open(path, { limits: { ledgerSpareBytes: 20_000 } });
  const publisher = async () => {
    for (let at = Number(from); ; at += 10) {
      const envelopes = testEnvelopes(at, at + 9, { payload: encode('x'.repeat(at % 300)) });
      const ids = envelopes.map(({ id }) => id);
      say('publishing', ids);
      await broker.publish(QUEUE, envelopes);
      say('published', ids);
      const { ready } = await broker.depth(QUEUE);
      await pause(ready > 300 ? 5 : 0);
    }
  };
  const consumer = async (name: string) => {
    for (;;) {
      const deliveries = await broker.receive(QUEUE, { consumer: name, max: 9, waitMs: 5, leaseMs: 60_000 });
      const refused = deliveries.filter(({ seq }) => seq % 7 === 0);
      const done = deliveries.filter(({ seq }) => seq % 7 !== 0);
      say('acking', idsOf(done));
      const refusals = refused.map((receipt) => {
        return { receipt, fault: 'failure', delayMs: 1, attemptsMax: 1_000_000, reason: 'it threw' } as const;
      });
      await Promise.all([broker.ack(QUEUE, done), broker.nack(QUEUE, refusals)]);
      say('acked', idsOf(done));
    }
  };
  await Promise.all([publisher(), consumer('ada'), consumer('bob')]);
}

async function fill(): Promise<void> {
  const broker = await FileBroker.open(path);
  for (let at = 1, isFull = false; ; ) {
    const envelopes = testEnvelopes(at, at + 9, { payload: encode('x'.repeat(1_000)) });
    try {
      await broker.publish(QUEUE, envelopes);
      say(
        'published',
        envelopes.map(({ id }) => id),
      );
      if (isFull) return void (await broker.close({ drain: false, deadlineMs: 0 }));
      at += 10;
    } catch (thrown) {
      if (!isFull) say(String(thrown), idsOf(await take(broker)));
      isFull = true;
      await pause(10);
    }
  }
}

if (task === 'work') await work();
if (task === 'fill') await fill();
if (task === 'hold') {
  const broker = await FileBroker.open(path);
  say('open');
  await pause(60_000);
  await broker.close({ drain: false, deadlineMs: 0 });
}
