import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FileBroker } from '../../../lib/brokers/file.js';
import { type BrokerFactory, brokerConformance } from '../../../lib/testing/index.js';
import { TurningClock } from './file/turning-clock.js';

const file: BrokerFactory = {
  name: 'file',
  async open(limits) {
    const clock = new TurningClock();
    const folder = await mkdtemp(join(tmpdir(), 'conclave-ledger-'));
    return {
      broker: await FileBroker.open(join(folder, 'work.db'), { clock, limits }),
      advance: (byMs) => clock.advanceTurning(byMs),
      dispose: async () => {
        await rm(folder, { recursive: true });
        expect(clock.pending, 'timers left after close').to.equal(0);
      },
    };
  },
};

describe('the file broker, by the contract', () => {
  for (const test of brokerConformance(file, { sequences: 150 })) {
    it(test.name, async function () {
      this.timeout(60_000);
      expect(test.skipped, 'file lacks nothing').to.equal(undefined);
      await test.run();
    });
  }
});
