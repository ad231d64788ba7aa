import { expect } from 'chai';
import fc from 'fast-check';
import { createActor, SimulatedClock } from 'xstate';
import { aggregatorChart } from '../../actors/aggregator.js';
import type { ConsumerEvent } from '../../actors/consumer.js';
import { mirrorChart } from '../../actors/mirror.js';
import { rosterChart } from '../../actors/roster.js';
import { storageChart } from '../../actors/storage.js';
import { unnamedEvents } from './unnamed-events.js';

const EVENTS = ['received', 'written', 'failed', 'fenced', 'stop'] satisfies ConsumerEvent['type'][];
const RETRY_MS = 200;

function run(chart: typeof storageChart) {
  const named: string[] = [];
  const clock = new SimulatedClock();
  const actor = createActor(
    chart.provide({
      actions: {
        receive: (_, { draining }) => named.push(draining ? 'receive at once' : 'receive'),
        callOff: () => named.push('call off'),
        write: () => named.push('write'),
        leave: () => named.push('leave'),
      },
    }),
    { input: { queue: 'claims', retryMs: RETRY_MS }, clock },
  ).start();
  const look = () => {
    const { value } = actor.getSnapshot();
    const state = typeof value === 'string' ? value : Object.keys(value).join();
    return `${state} ${named.splice(0).join(', ')}`.trim();
  };
  const send = (event: ConsumerEvent) => {
    actor.send(event);
    return look();
  };
  return { send, look, clock, actor };
}

const received = (count: number, stop = false): ConsumerEvent => ({ type: 'received', count, stop });
const written = (count: number, duplicates = 0): ConsumerEvent => ({ type: 'written', count, duplicates });

for (const chart of [aggregatorChart, storageChart, rosterChart, mirrorChart]) {
  describe(`the ${chart.id} chart`, () => {
    it('names every event in every state', () => {
      expect(unnamedEvents(chart, EVENTS)).to.deep.equal([]);
    });

    it('receives, writes, and receives again: one batch at a time', () => {
      const { send, look } = run(chart);
      expect(look()).to.equal('idle receive');
      expect(send(received(3))).to.equal('working write');
      expect(send(written(3, 1))).to.equal('idle receive');
      expect(send(received(0))).to.equal('idle receive');
    });

    it('counts what it took, wrote and found there already', () => {
      const { send, actor } = run(chart);
      send(received(3));
      send(written(3, 1));
      const { taken, written: wrote, duplicates } = actor.getSnapshot().context;
      expect([taken, wrote, duplicates]).to.deep.equal([3, 2, 1]);
    });

    it('ends only once its queue is drained when the order to stop was in it', () => {
      const { send, look } = run(chart);
      look();
      expect(send(received(2, true))).to.equal('draining write');
      expect(send(written(1))).to.equal('draining receive at once');
      expect(send(received(4))).to.equal('draining write');
      expect(send(written(4))).to.equal('draining receive at once');
      expect(send(received(0))).to.equal('stopped leave');
    });

    it('finishes the batch it is writing when it is told to stop', () => {
      const { send } = run(chart);
      send(received(2));
      expect(send({ type: 'stop' })).to.equal('draining');
      expect(send(written(2))).to.equal('draining receive at once');
      expect(send(received(0))).to.equal('stopped leave');
    });

    it('calls off the receive that is out when it is told to stop, once, and takes what that brings', () => {
      const { send, look } = run(chart);
      look();
      expect(send({ type: 'stop' })).to.equal('draining call off');
      expect(send({ type: 'stop' })).to.equal('draining');
      expect(send(received(1))).to.equal('draining write');
      expect(send(written(1))).to.equal('draining receive at once');
      expect(send(received(0))).to.equal('stopped leave');
    });

    it('tries again after a failure, also while it drains', () => {
      const { send, clock, look } = run(chart);
      send(received(2));
      expect(send({ type: 'failed', reason: 'disk full' })).to.equal('waiting');
      clock.increment(RETRY_MS);
      expect(look()).to.equal('idle receive');
      send(received(2, true));
      expect(send({ type: 'failed', reason: 'disk full' })).to.equal('draining');
      clock.increment(RETRY_MS);
      expect(look()).to.equal('draining receive at once');
    });

    it('is over at once when a newer epoch leads', () => {
      const { send } = run(chart);
      send(received(2));
      expect(send({ type: 'fenced', reason: 'epoch 2' })).to.equal('stopped leave');
    });

    it('never writes two batches at once and never stops with one unwritten, whatever comes', () => {
      const step = fc.constantFrom<ConsumerEvent>(
        received(0),
        received(3),
        received(1, true),
        written(1),
        { type: 'failed', reason: 'x' },
        { type: 'stop' },
      );
      fc.assert(
        fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
          const { send, look, clock } = run(chart);
          const referee = new Referee(look());
          for (const event of steps) {
            if (!referee.allows(event)) continue;
            const after = send(event);
            clock.increment(RETRY_MS);
            referee.see(event, `${after} ${look()}`);
          }
        }),
      );
    });
  });
}

/** Answers only what was asked for, and looks for a chart that asks for two things at once. */
class Referee {
  #pending: 'receive' | 'write' | 'nothing';

  constructor(first: string) {
    this.#pending = first.includes('receive') ? 'receive' : 'nothing';
  }

  /** Whether a shell could say this now. */
  allows(event: ConsumerEvent): boolean {
    if (event.type === 'received') return this.#pending === 'receive';
    if (event.type === 'written') return this.#pending === 'write';
    return event.type === 'stop' || this.#pending !== 'nothing';
  }

  see(event: ConsumerEvent, after: string): void {
    if (event.type !== 'stop') this.#pending = 'nothing';
    const asked = after.match(/receive|write|leave/g) ?? [];
    expect(asked.length, `asked for ${asked.join(' and ')} at once`).to.be.at.most(1);
    if (asked.length === 0) return;
    expect(this.#pending, `asked for ${asked[0]} while something is out`).to.equal('nothing');
    this.#pending = asked[0] === 'leave' ? 'nothing' : (asked[0] as 'receive' | 'write');
  }
}
