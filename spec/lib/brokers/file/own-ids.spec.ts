import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FileBroker } from '../../../../lib/brokers/file.js';
import { messageId } from '../../../../lib/core/message.js';
import { testEnvelope } from '../../../../lib/testing/index.js';
import { crashedCopy } from './crashed-copy.js';
import { TurningClock } from './turning-clock.js';

const QUEUE = 'tasks';
const own = (id: string) => testEnvelope(1, { id: messageId(id) });

describe("callers' own ids in a ledger that is compacted", () => {
  it('are known by their last acceptance, where they were forgotten and came again', async () => {
    const clock = new TurningClock();
    const folder = await mkdtemp(join(tmpdir(), 'conclave-ledger-'));
    const options = { clock, limits: { dedupeIdsMax: 3, ledgerSpareBytes: 1 } };
    const path = join(folder, 'work.db');
    const first = await FileBroker.open(path, options);
    await first.publish(QUEUE, [own('e')]);
    await first.ack(QUEUE, await first.receive(QUEUE, { consumer: 'ada', max: 1, waitMs: 0, leaseMs: 50 }));
    for (const ids of [['a', 'd', 'b'], ['e'], ['a']]) {
      const outcomes = await first.publish(QUEUE, ids.map(own));
      expect(outcomes, `${ids} as new`).to.deep.equal(ids.map(() => 'accepted'));
      await clock.advanceTurning(0);
    }
    const copy = crashedCopy(path, 'again');
    await first.close({ drain: false, deadlineMs: 0 });
    const again = await FileBroker.open(copy, options);
    const outcomes = await again.publish(QUEUE, ['b', 'e', 'a', 'd'].map(own));
    await again.close({ drain: false, deadlineMs: 0 });
    await rm(folder, { recursive: true });
    expect(outcomes).to.deep.equal(['duplicate', 'duplicate', 'duplicate', 'accepted']);
  });
});
