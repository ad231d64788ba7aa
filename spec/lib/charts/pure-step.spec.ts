import { expect } from 'chai';
import { assign, createMachine, emit, raise, sendParent, sendTo } from 'xstate';
import { pureChart } from '../../../lib/charts/pure-step.js';

describe('a chart as a function', () => {
  let done = 0;
  const chart = createMachine({
    id: 'door',
    context: { opened: 0 },
    initial: 'shut',
    states: {
      shut: {
        on: {
          OPEN: {
            target: 'open',
            actions: [
              assign({ opened: ({ context }) => context.opened + 1 }),
              { type: 'ring', params: { times: 2 } },
              sendTo(({ system }) => system.get('bell'), { type: 'RING' }),
              sendParent({ type: 'OPENED' }),
              emit({ type: 'opened' }),
              raise({ type: 'SHUT' }, { delay: 100 }),
              () => {
                done += 1;
              },
            ],
          },
        },
      },
      open: { on: { SHUT: 'shut' } },
    },
  });

  it('gives the next snapshot and what is to be done, and does nothing of it', () => {
    const { initial, next } = pureChart(chart);
    const first = initial();
    expect([first.snapshot.value, first.actions]).to.deep.equal(['shut', []]);
    const { snapshot, actions } = next(first.snapshot, { type: 'OPEN' });
    expect([snapshot.value, snapshot.context, first.snapshot.context]).to.deep.equal([
      'open',
      { opened: 1 },
      { opened: 0 },
    ]);
    expect(actions.map(({ type }) => type)).to.deep.equal([
      'ring',
      'xstate.sendTo',
      'xstate.sendTo',
      'xstate.emit',
      'xstate.raise',
      '(anonymous)',
    ]);
    expect(actions[0]?.params).to.deep.equal({ times: 2 });
    expect(actions.slice(1, 3).map(({ params }) => Object(params).to.id)).to.deep.equal(['bell', 'parent']);
    expect(Object(actions[4]?.params)).to.include({ delay: 100 });
    expect(done).to.equal(0);
  });

  it('gives the same for the same, from any earlier snapshot', () => {
    const { initial, next } = pureChart(chart);
    const { snapshot } = initial();
    const [one, two] = [next(snapshot, { type: 'OPEN' }), next(snapshot, { type: 'OPEN' })];
    expect(one.snapshot).to.deep.equal(two.snapshot);
    expect(next(one.snapshot, { type: 'SHUT' }).snapshot.value).to.equal('shut');
    expect(next(one.snapshot, { type: 'NOBODY' }).snapshot).to.equal(one.snapshot);
  });
});
