import { expect } from 'chai';
import fc from 'fast-check';
import { createActor } from 'xstate';
import { type WorkerEvent, workerChart } from '../../actors/worker.js';
import { unnamedEvents } from './unnamed-events.js';

const EVENTS = ['batch', 'settled', 'returned', 'drain', 'stop'] satisfies WorkerEvent['type'][];

/** The chart with its actions written down. */
function run(credit = 256) {
  const named: string[] = [];
  const actor = createActor(
    workerChart.provide({
      actions: {
        report: (_, params) => named.push(`report ${params.credit}`),
        giveBack: (_, params) => named.push(`giveBack ${params.credit}`),
        abort: () => named.push('abort'),
        leave: () => named.push('leave'),
      },
    }),
    { input: { id: 'worker-1', credit } },
  ).start();
  const send = (event: WorkerEvent) => {
    actor.send(event);
    return `${actor.getSnapshot().value} ${named.splice(0).join(', ')}`.trim();
  };
  return { send, actor };
}

describe('the worker chart', () => {
  it('names every event in every state', () => {
    expect(unnamedEvents(workerChart, EVENTS)).to.deep.equal([]);
  });

  it('works on a batch, reports what settles with the credit that is free, and is idle again', () => {
    const { send } = run(10);
    expect(send({ type: 'batch', count: 4 })).to.equal('working');
    expect(send({ type: 'settled', count: 1 })).to.equal('working report 7');
    expect(send({ type: 'batch', count: 2 })).to.equal('working');
    expect(send({ type: 'settled', count: 5 })).to.equal('idle report 10');
  });

  it('drains: finishes what it has, takes no more, grants nothing, then leaves', () => {
    const { send } = run();
    send({ type: 'batch', count: 2 });
    expect(send({ type: 'drain' })).to.equal('draining');
    expect(send({ type: 'batch', count: 5 })).to.equal('draining');
    expect(send({ type: 'settled', count: 1 })).to.equal('draining report 0');
    expect(send({ type: 'settled', count: 1 })).to.equal('stopped report 0, leave');
  });

  it('answers every recall with the credit that is free then, also one that came too late', () => {
    const { send } = run(10);
    expect(send({ type: 'returned', count: 0 })).to.equal('idle giveBack 10');
    send({ type: 'batch', count: 6 });
    expect(send({ type: 'returned', count: 0 })).to.equal('working giveBack 4');
    expect(send({ type: 'returned', count: 2 })).to.equal('working giveBack 6');
    expect(send({ type: 'settled', count: 1 })).to.equal('working report 7');
    expect(send({ type: 'returned', count: 3 })).to.equal('idle giveBack 10');
  });

  it('leaves when the last task it drains is recalled', () => {
    const { send } = run();
    send({ type: 'batch', count: 3 });
    send({ type: 'drain' });
    expect(send({ type: 'returned', count: 2 })).to.equal('draining giveBack 0');
    expect(send({ type: 'returned', count: 1 })).to.equal('stopped giveBack 0, leave');
  });

  it('leaves at once when it has nothing', () => {
    expect(run().send({ type: 'drain' })).to.equal('stopped leave');
    expect(run().send({ type: 'stop' })).to.equal('stopped leave');
  });

  it('stops: aborts what runs and leaves, also while it drains', () => {
    const { send } = run();
    send({ type: 'batch', count: 1 });
    expect(send({ type: 'stop' })).to.equal('stopped abort, leave');
    const draining = run();
    draining.send({ type: 'batch', count: 1 });
    draining.send({ type: 'drain' });
    expect(draining.send({ type: 'stop' })).to.equal('stopped abort, leave');
  });

  it('never grants more than its credit, nor holds a negative number of tasks', () => {
    const share = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(share, fc.boolean()), { maxLength: 60 }), (shares) => {
        const { send, actor } = run(1_000);
        let held = 0;
        for (const [one, isRecall] of shares) {
          // Below zero that share of what is held settles or is recalled; above it so many of 20 arrive.
          const change = Math.round(one < 0 ? one * held : one * 20);
          if (change === 0) continue;
          held += change;
          const [less, said] = isRecall
            ? (['returned', 'giveBack'] as const)
            : (['settled', 'report'] as const);
          const after = send({ type: change < 0 ? less : 'batch', count: Math.abs(change) });
          expect(after.includes(`${said} ${1_000 - held}`)).to.equal(change < 0);
          expect(actor.getSnapshot().context.inFlight).to.equal(held);
        }
        expect(actor.getSnapshot().value === 'idle').to.equal(held === 0);
      }),
    );
  });
});
