import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FileBroker } from '../../../lib/brokers/file.js';
import type { Limits } from '../../../lib/core/limits.js';
import { type BrokerFactory, type BrokerUnderTest, brokerConformance } from '../../../lib/testing/index.js';
import { crashedCopy } from './file/crashed-copy.js';
import { TurningClock } from './file/turning-clock.js';

const sequences = Number(process.env.CONCLAVE_SEQUENCES ?? 60);

async function underTest(limits: Partial<Limits>): Promise<BrokerUnderTest> {
  const clock = new TurningClock();
  const folder = await mkdtemp(join(tmpdir(), 'conclave-ledger-'));
  let path = join(folder, 'work.db');
  let copies = 0;
  const first = await FileBroker.open(path, { clock, limits });
  let latest = first;
  return {
    broker: first,
    advance: (byMs) => clock.advanceTurning(byMs),
    async reopen() {
      copies += 1;
      path = crashedCopy(path, `${copies}`);
      await latest.close({ drain: false, deadlineMs: 0 });
      latest = await FileBroker.open(path, { clock, limits });
      return latest;
    },
    async dispose() {
      await rm(folder, { recursive: true });
      expect(clock.pending, 'timers left after close').to.equal(0);
    },
  };
}

const file: BrokerFactory = { name: 'file', lacks: ['shared'], open: underTest };
const compacting: BrokerFactory = {
  ...file,
  name: 'file, compacted at every opportunity',
  open: (limits) => underTest({ ...limits, ledgerSpareBytes: 1 }),
};

for (const factory of [file, compacting]) {
  describe(`the broker '${factory.name}', by the contract`, () => {
    for (const test of brokerConformance(factory, { sequences })) {
      it(test.name, async function () {
        this.timeout(Math.max(60_000, sequences * 400));
        if (test.skipped !== undefined) this.skip();
        await test.run();
      });
    }
  });
}
