import { InMemoryBroker } from '../../../lib/brokers/memory.js';
import { systemClock } from '../../../lib/core/clock.js';
import { type BrokerFactory, brokerConformance } from '../../../lib/testing/index.js';

/** A broker that cannot be told the time, as one in another process cannot. */
const realTime: BrokerFactory = {
  name: 'memory on the clock of the machine',
  lacks: ['durable', 'shared', 'time'],
  async open(limits) {
    return {
      broker: new InMemoryBroker({ limits }),
      advance: (byMs) => new Promise((resolve) => systemClock.setTimer(resolve, byMs)),
      dispose: async () => {},
    };
  },
};

describe('the conformance suite, on real time', () => {
  for (const test of brokerConformance(realTime, { budgetMs: 2_500 })) {
    if (test.skipped === undefined) it(test.name, test.run);
  }
});
