import { expect } from 'chai';
import fc from 'fast-check';
import { createActor, SimulatedClock } from 'xstate';
import { type BrokerEvent, brokerChart } from '../../actors/broker.js';
import { unnamedEvents } from './unnamed-events.js';

const EVENTS = ['demand', 'received', 'settled', 'failed', 'drain', 'stop'] satisfies BrokerEvent['type'][];

function run() {
  const named: string[] = [];
  const clock = new SimulatedClock();
  const actor = createActor(
    brokerChart.provide({
      actions: {
        receive: (_, { max }) => named.push(`receive ${max}`),
        callOff: () => named.push('call off'),
        leave: () => named.push('leave'),
      },
    }),
    { input: { retryMs: 200 }, clock },
  ).start();
  const look = () => `${actor.getSnapshot().value} ${named.splice(0).join(', ')}`.trim();
  const send = (event: BrokerEvent) => {
    actor.send(event);
    return look();
  };
  return { send, actor, clock, look };
}

describe('the broker chart', () => {
  it('names every event in every state', () => {
    expect(unnamedEvents(brokerChart, EVENTS)).to.deep.equal([]);
  });

  it('turns demand into receives, one at a time', () => {
    const { send } = run();
    expect(send({ type: 'demand', demand: 8 })).to.equal('idle receive 8');
    expect(send({ type: 'demand', demand: 12 })).to.equal('idle');
    expect(send({ type: 'received', count: 8, demand: 4 })).to.equal('working receive 4');
    expect(send({ type: 'received', count: 4, demand: 0 })).to.equal('working');
    expect(send({ type: 'settled', count: 12, demand: 12 })).to.equal('idle receive 12');
  });

  it('asks again after an empty receive as long as there is demand', () => {
    const { send } = run();
    send({ type: 'demand', demand: 1 });
    expect(send({ type: 'received', count: 0, demand: 1 })).to.equal('idle receive 1');
    expect(send({ type: 'received', count: 0, demand: 0 })).to.equal('idle');
  });

  it('waits before it asks a broker that failed again', () => {
    const { send, clock, look } = run();
    send({ type: 'demand', demand: 3 });
    expect(send({ type: 'failed', reason: 'gone' })).to.equal('waiting');
    expect(send({ type: 'demand', demand: 5 })).to.equal('waiting');
    clock.increment(200);
    expect(look()).to.equal('idle receive 5');
  });

  it('drains: asks for nothing more, and leaves once all that is held has settled', () => {
    const { send } = run();
    send({ type: 'demand', demand: 2 });
    send({ type: 'received', count: 2, demand: 2 });
    expect(send({ type: 'drain' })).to.equal('draining call off');
    expect(send({ type: 'received', count: 1, demand: 1 })).to.equal('draining');
    expect(send({ type: 'settled', count: 2, demand: 3 })).to.equal('draining');
    expect(send({ type: 'settled', count: 1, demand: 4 })).to.equal('stopped call off, leave');
  });

  it('never has two receives under way, and knows what is in flight, whatever comes', () => {
    const step = fc.record({
      type: fc.constantFrom('demand' as const, 'received' as const, 'settled' as const, 'failed' as const),
      count: fc.nat(20),
      demand: fc.nat(30),
      after: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { send, actor, clock, look } = run();
        const referee = new Referee();
        for (const { type, count, demand, after } of steps) {
          const event = referee.allow(type, count, demand);
          if (event === undefined) continue;
          referee.see(send(event));
          if (after) clock.increment(1_000);
          referee.see(look());
          expect(actor.getSnapshot().context.inFlight).to.equal(referee.held);
        }
      }),
    );
  });
});

/** Answers only receives that are under way, and counts what is held. */
class Referee {
  held = 0;
  #receiving = 0;

  allow(
    type: 'demand' | 'received' | 'settled' | 'failed',
    count: number,
    demand: number,
  ): BrokerEvent | undefined {
    if (type === 'demand') return { type, demand };
    if (type === 'settled') {
      const settled = Math.min(count, this.held);
      this.held -= settled;
      return { type, count: settled, demand };
    }
    if (this.#receiving === 0) return undefined;
    this.#receiving -= 1;
    if (type === 'failed') return { type, reason: 'unreachable' };
    this.held += count;
    return { type, count, demand };
  }

  see(after: string): void {
    this.#receiving += after.split('receive ').length - 1;
    expect(this.#receiving, 'receives under way').to.be.at.most(1);
  }
}
