import { expect } from 'chai';
import fc from 'fast-check';
import { createActor } from 'xstate';
import { type CoordinatorEvent, coordinatorChart } from '../../actors/coordinator.js';
import { unnamedEvents } from './unnamed-events.js';

const EVENTS = [
  'elected',
  'deposed',
  'submitted',
  'settled',
  'query',
  'answered',
  'cancel',
  'drain',
  'stop',
] satisfies CoordinatorEvent['type'][];

function run() {
  const named: string[] = [];
  const actor = createActor(
    coordinatorChart.provide({
      actions: {
        dispatchStage: (_, { loop, stage }) => named.push(`dispatch ${loop}.${stage}`),
        finishQuery: () => named.push('finish'),
        leave: () => named.push('leave'),
      },
    }),
  ).start();
  const send = (event: CoordinatorEvent) => {
    actor.send(event);
    return `${actor.getSnapshot().value} ${named.splice(0).join(', ')}`.trim();
  };
  return { send, actor };
}

describe('the coordinator chart', () => {
  it('names every event in every state', () => {
    expect(unnamedEvents(coordinatorChart, EVENTS)).to.deep.equal([]);
  });

  it('works as long as it owes somebody a task', () => {
    const { send } = run();
    expect(send({ type: 'submitted', count: 3 })).to.equal('working');
    expect(send({ type: 'settled', count: 2 })).to.equal('working');
    expect(send({ type: 'settled', count: 1 })).to.equal('idle');
    expect(send({ type: 'settled', count: 1 })).to.equal('idle');
  });

  it('walks a query loop by loop, stage by stage, each when the one before is answered', () => {
    const { send } = run();
    expect(send({ type: 'query', loops: 2, stages: [2, 1] })).to.equal('working dispatch 1.0');
    expect(send({ type: 'answered', count: 1 })).to.equal('working');
    expect(send({ type: 'answered', count: 1 })).to.equal('working dispatch 1.1');
    expect(send({ type: 'answered', count: 1 })).to.equal('working dispatch 2.0');
    expect(send({ type: 'answered', count: 2 })).to.equal('working dispatch 2.1');
    expect(send({ type: 'answered', count: 1 })).to.equal('idle finish');
  });

  it('runs one query at a time, and forgets one that nobody waits for', () => {
    const { send } = run();
    send({ type: 'query', loops: 1, stages: [1] });
    expect(send({ type: 'query', loops: 9, stages: [1] })).to.equal('working');
    expect(send({ type: 'cancel' })).to.equal('idle');
    expect(send({ type: 'answered', count: 1 })).to.equal('idle');
  });

  it('drains: finishes its query and what it owes, and refuses another query', () => {
    const { send } = run();
    send({ type: 'query', loops: 1, stages: [1, 1] });
    send({ type: 'submitted', count: 1 });
    expect(send({ type: 'drain' })).to.equal('draining');
    expect(send({ type: 'query', loops: 1, stages: [1] })).to.equal('draining');
    expect(send({ type: 'answered', count: 1 })).to.equal('draining dispatch 1.1');
    expect(send({ type: 'answered', count: 1 })).to.equal('draining finish');
    expect(send({ type: 'settled', count: 1 })).to.equal('stopped leave');
  });

  it('knows the epoch it leads in, and none once it is deposed', () => {
    const { send, actor } = run();
    send({ type: 'elected', epoch: 7 });
    expect(actor.getSnapshot().context.epoch).to.equal(7);
    send({ type: 'deposed' });
    expect(actor.getSnapshot().context.epoch).to.equal(0);
  });

  it('dispatches every stage of every loop exactly once, in order, for any query', () => {
    const stages = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), stages, (loops, sizes) => {
        const { send } = run();
        const seen = [send({ type: 'query', loops, stages: sizes })];
        for (let loop = 0; loop < loops; loop += 1) {
          for (const size of sizes) {
            for (let one = 0; one < size; one += 1) seen.push(send({ type: 'answered', count: 1 }));
          }
        }
        const dispatched = seen.flatMap((line) => line.match(/dispatch \S+/g) ?? []);
        const expected = Array.from({ length: loops }, (_, loop) =>
          sizes.map((_size, stage) => `dispatch ${loop + 1}.${stage}`),
        ).flat();
        expect(dispatched).to.deep.equal(expected);
        expect(seen.at(-1)).to.equal('idle finish');
      }),
    );
  });
});
