import { expect } from 'chai';
import { createActor } from 'xstate';
import { type ReaderEvent, readerChart } from '../../actors/reader.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { unnamedEvents } from './unnamed-events.js';

const EVENTS: readonly ReaderEvent['type'][] = ['wanted', 'read', 'failed', 'stop'];

function bench() {
  const clock = new ManualClock();
  const did: string[] = [];
  const chart = readerChart.provide({
    actions: {
      read: () => did.push('read'),
      callOff: () => did.push('call off'),
      leave: () => did.push('leave'),
    },
  });
  const timers = new Map<number, { cancel(): void }>();
  const actor = createActor(chart, {
    input: { retryMs: 100, retryMsMax: 300 },
    clock: {
      setTimeout: (callback: () => void, ms: number) => {
        timers.set(timers.size, clock.setTimer(callback, ms));
        return timers.size - 1;
      },
      clearTimeout: (id: number) => timers.get(id)?.cancel(),
    },
  }).start();
  const state = () => actor.getSnapshot().value;
  return { actor, clock, did, state };
}

describe('reader chart', () => {
  it('names every event in every state', () => {
    expect(unnamedEvents(readerChart, EVENTS)).to.deep.equal([]);
  });

  it('reads as long as anybody waits, and rests when nobody does', () => {
    const { actor, did, state } = bench();
    expect([state(), did]).to.deep.equal(['idle', []]);
    actor.send({ type: 'wanted' });
    actor.send({ type: 'wanted' });
    actor.send({ type: 'read', open: 3 });
    expect([state(), did]).to.deep.equal(['working', ['read', 'read']]);
    actor.send({ type: 'read', open: 0 });
    expect([state(), did.length]).to.deep.equal(['idle', 2]);
  });

  it('waits longer from failure to failure, up to a bound, and starts over after a read that came back', async () => {
    const { actor, clock, did } = bench();
    actor.send({ type: 'wanted' });
    for (const waitMs of [100, 200, 300, 300]) {
      actor.send({ type: 'failed', reason: 'down' });
      const reads = did.length;
      await clock.advance(waitMs - 1);
      expect(did.length, `before ${waitMs}`).to.equal(reads);
      await clock.advance(1);
      expect(did.length, `after ${waitMs}`).to.equal(reads + 1);
    }
    actor.send({ type: 'read', open: 1 });
    actor.send({ type: 'failed', reason: 'down' });
    const reads = did.length;
    await clock.advance(100);
    expect(did.length).to.equal(reads + 1);
  });

  it('stops at once, or once the read that is out has come back, which it calls off', () => {
    for (const last of [{ type: 'read', open: 5 } as const, { type: 'failed', reason: 'down' } as const]) {
      const { actor, did, state } = bench();
      actor.send({ type: 'wanted' });
      actor.send({ type: 'stop' });
      expect(state()).to.equal('draining');
      actor.send(last);
      expect([state(), did]).to.deep.equal(['stopped', ['read', 'call off', 'leave']]);
    }
    const { actor, did, state } = bench();
    actor.send({ type: 'stop' });
    expect([state(), did]).to.deep.equal(['stopped', ['leave']]);
  });
});
