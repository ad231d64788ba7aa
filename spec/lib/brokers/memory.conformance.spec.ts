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
  const tests = brokerConformance(memory);

  for (const test of tests.filter(({ skipped }) => skipped === undefined)) {
    it(test.name, async function () {
      this.timeout(60_000);
      await test.run();
    });
  }

  it('is excused from nothing but what outlives its process', () => {
    const reasons = new Set(tests.map(({ skipped }) => skipped));
    expect([...reasons]).to.have.members([undefined, 'memory lacks: durable', 'memory lacks: shared']);
  });
});
