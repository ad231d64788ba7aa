import { expect } from 'chai';
import { createActor } from 'xstate';
import { type AgentEvent, agentChart } from '../../actors/agent.js';
import { unnamedEvents } from './unnamed-events.js';

const EVENTS = ['begin', 'end', 'returned', 'drain', 'stop'] satisfies AgentEvent['type'][];

function run() {
  const actor = createActor(agentChart, { input: { name: 'square' } }).start();
  const send = (event: AgentEvent) => {
    actor.send(event);
    const { value, context } = actor.getSnapshot();
    return [value, context.running, context.attempts, context.failures].join(' ');
  };
  return { send };
}

describe('the agent chart', () => {
  it('names every event in every state', () => {
    expect(unnamedEvents(agentChart, EVENTS)).to.deep.equal([]);
  });

  it('works while tasks run, and counts what it tried and what failed', () => {
    const { send } = run();
    expect(send({ type: 'begin', count: 3 })).to.equal('working 3 3 0');
    expect(send({ type: 'end', count: 2, failed: 1 })).to.equal('working 1 3 1');
    expect(send({ type: 'begin', count: 1 })).to.equal('working 2 4 1');
    expect(send({ type: 'end', count: 2, failed: 0 })).to.equal('idle 0 4 1');
  });

  it('counts what was recalled as never tried', () => {
    const { send } = run();
    expect(send({ type: 'returned', count: 1 })).to.equal('idle 0 0 0');
    send({ type: 'begin', count: 5 });
    expect(send({ type: 'returned', count: 2 })).to.equal('working 3 3 0');
    expect(send({ type: 'end', count: 1, failed: 0 })).to.equal('working 2 3 0');
    expect(send({ type: 'returned', count: 2 })).to.equal('idle 0 1 0');
    send({ type: 'begin', count: 2 });
    send({ type: 'drain' });
    expect(send({ type: 'returned', count: 1 })).to.equal('draining 1 2 0');
    expect(send({ type: 'returned', count: 1 })).to.equal('stopped 0 1 0');
  });

  it('drains: finishes what runs, begins nothing, then stops', () => {
    const { send } = run();
    send({ type: 'begin', count: 2 });
    expect(send({ type: 'drain' })).to.equal('draining 2 2 0');
    expect(send({ type: 'begin', count: 1 })).to.equal('draining 2 2 0');
    expect(send({ type: 'end', count: 1, failed: 0 })).to.equal('draining 1 2 0');
    expect(send({ type: 'end', count: 1, failed: 0 })).to.equal('stopped 0 2 0');
  });

  it('stops at once when told to, and when it drains with nothing to do', () => {
    expect(run().send({ type: 'stop' })).to.match(/^stopped/);
    expect(run().send({ type: 'drain' })).to.match(/^stopped/);
    const { send } = run();
    send({ type: 'begin', count: 2 });
    expect(send({ type: 'stop' })).to.match(/^stopped/);
  });
});
