import { expect } from 'chai';
import { InMemoryBroker, type MakeQueue } from '../../../lib/brokers/memory.js';
import { MemoryQueue } from '../../../lib/brokers/memory-queue.js';
import { type BrokerFactory, brokerConformance, ManualClock } from '../../../lib/testing/index.js';

/** Random sequences, where more are asked for. */
const asked = Number(process.env.CONCLAVE_SEQUENCES ?? 0);

/** The memory broker of which even the only message of a queue is packed. */
class PackingBroker extends InMemoryBroker {
  protected override makeQueue(...[clock, limits, options]: Parameters<MakeQueue>): MemoryQueue {
    return new MemoryQueue(clock, limits, { ...options, unpackedMax: 0 });
  }
}

function factoryOf(name: string, Broker: typeof InMemoryBroker): BrokerFactory {
  return {
    name,
    lacks: ['durable', 'shared'],
    async open(limits) {
      const clock = new ManualClock();
      return {
        broker: new Broker({ clock, limits }),
        advance: (byMs) => clock.advance(byMs),
        dispose: async () => {
          expect(clock.pending, 'timers left after close').to.equal(0);
        },
      };
    },
  };
}

const memory = factoryOf('memory', InMemoryBroker);

describe('the memory broker, packing all messages, by the contract', () => {
  for (const test of brokerConformance(factoryOf('memory, packed', PackingBroker), {
    sequences: asked || 60,
  })) {
    it(test.name, async function () {
      this.timeout(Math.max(60_000, asked * 100));
      if (test.skipped !== undefined) this.skip();
      await test.run();
    });
  }
});

describe('the memory broker, by the contract', () => {
  const tests = brokerConformance(memory, asked > 0 ? { sequences: asked } : {});

  for (const test of tests.filter(({ skipped }) => skipped === undefined)) {
    it(test.name, async function () {
      this.timeout(Math.max(60_000, asked * 100));
      await test.run();
    });
  }

  it('is excused from nothing but what outlives its process', () => {
    const reasons = new Set(tests.map(({ skipped }) => skipped));
    expect([...reasons]).to.have.members([undefined, 'memory lacks: durable', 'memory lacks: shared']);
  });
});
