import { expect } from 'chai';
import { InMemoryBroker } from '../../../lib/brokers/memory.js';
import { type BrokerFactory, brokerConformance, ManualClock } from '../../../lib/testing/index.js';

const memory: BrokerFactory = {
  name: 'memory',
  lacks: ['durable', 'shared'],
  async open(limits) {
    const clock = new ManualClock();
    return {
      broker: new InMemoryBroker({ clock, limits }),
      advance: (byMs) => clock.advance(byMs),
      dispose: async () => {
        expect(clock.pending, 'timers left after close').to.equal(0);
      },
    };
  },
};

describe('the memory broker, by the contract', () => {
  for (const test of brokerConformance(memory)) {
    it(test.name, async function () {
      this.timeout(60_000);
      expect(test.skipped, 'memory lacks nothing').to.equal(undefined);
      await test.run();
    });
  }
});
