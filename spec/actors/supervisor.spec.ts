import { expect } from 'chai';
import fc from 'fast-check';
import { createActor } from 'xstate';
import { createSupervisorChart, type SupervisorEvent, supervisorChart } from '../../actors/supervisor.js';
import type { ExitKind, RestartType } from '../../lib/supervision/child.js';
import type { SupervisionStrategy } from '../../lib/supervision/strategy.js';

const oneForAll: SupervisionStrategy = (children, failed) => ({
  stop: children.filter((id) => id !== failed).reverse(),
  start: children,
});

/** The chart with its actions written down, one line each. */
function run(options: { intensity?: number; strategy?: SupervisionStrategy } = {}) {
  const named: string[] = [];
  const chart = options.strategy === undefined ? supervisorChart : createSupervisorChart(options.strategy);
  const actor = createActor(
    chart.provide({
      actions: {
        startChild: (_, { id, attempt }) => named.push(`start ${id} ${attempt}`),
        stopChild: (_, { id }) => named.push(`stop ${id}`),
        retireChild: (_, { id }) => named.push(`retire ${id}`),
        escalate: (_, { id, restarts }) => named.push(`escalate ${id} ${restarts}`),
      },
    }),
    { input: { id: 'sup', intensity: options.intensity ?? 1, periodMs: 5_000 } },
  ).start();
  const take = () => named.splice(0);
  const send = (event: SupervisorEvent) => {
    actor.send(event);
    return take();
  };
  const add = (id: string, restart: RestartType = 'permanent') =>
    send({ type: 'child.add', child: { id, restart } });
  const exit = (id: string, kind: ExitKind = 'abnormal', atMs = 0) =>
    send({ type: 'child.exited', id, exit: kind, atMs });
  const value = () => actor.getSnapshot().value;
  return { actor, send, add, exit, value };
}

describe('the supervisor chart', () => {
  it('is idle without children, working with them, and idle again when the last has gone', () => {
    const { add, exit, value } = run();
    expect(value()).to.equal('idle');
    expect(add('a', 'transient')).to.deep.equal(['start a 0']);
    expect(value()).to.equal('working');
    expect(exit('a', 'normal')).to.deep.equal(['retire a']);
    expect(value()).to.equal('idle');
  });

  it('starts a failed child again, and gives up on the one restart too many', () => {
    const { add, exit, value, send, actor } = run({ intensity: 1 });
    add('a');
    add('b');
    expect(exit('b')).to.deep.equal(['start b 1']);
    expect(exit('b', 'abnormal', 5_000)).to.deep.equal(['escalate b 2', 'stop a']);
    expect(value()).to.equal('draining');
    expect(exit('a', 'stopped')).to.deep.equal([]);
    expect(value()).to.equal('stopped');
    expect(actor.getSnapshot().output).to.deep.equal({ escalated: true });
    expect(send({ type: 'stop' })).to.deep.equal([]);
  });

  it('forgets a restart that is older than the period', () => {
    const { add, exit } = run({ intensity: 1 });
    add('a');
    exit('a');
    expect(exit('a', 'abnormal', 5_001)).to.deep.equal(['start a 2']);
  });

  it('counts attempts anew for a child that has run longer than the period', () => {
    const { add, exit, send } = run({ intensity: 5 });
    add('a');
    exit('a');
    send({ type: 'child.started', id: 'a', atMs: 10 });
    expect(exit('a', 'abnormal', 5_010)).to.deep.equal(['start a 2']);
    send({ type: 'child.started', id: 'a', atMs: 5_010 });
    expect(exit('a', 'abnormal', 10_011)).to.deep.equal(['start a 1']);
  });

  it('stops in reverse order, each when the one after it is gone', () => {
    const { add, exit, send, value } = run();
    for (const id of ['a', 'b', 'c']) add(id);
    expect(send({ type: 'stop' })).to.deep.equal(['stop c']);
    expect(exit('a')).to.deep.equal([]);
    expect(exit('c', 'stopped')).to.deep.equal(['stop b']);
    expect(exit('b', 'stopped')).to.deep.equal([]);
    expect(value()).to.equal('stopped');
  });

  it('lets one child go that is asked for, and does not start it again', () => {
    const { add, exit, send } = run();
    add('a');
    expect(send({ type: 'child.stop', id: 'a' })).to.deep.equal(['stop a']);
    expect(send({ type: 'child.stop', id: 'a' })).to.deep.equal([]);
    expect(exit('a')).to.deep.equal(['retire a']);
  });

  it('fits strategies that take siblings along: stopped in turn, started in order once all are down', () => {
    const { add, exit, send } = run({ intensity: 5, strategy: oneForAll });
    for (const id of ['a', 'b', 'c']) add(id);
    expect(exit('b')).to.deep.equal(['stop c']);
    expect(exit('c', 'stopped')).to.deep.equal(['stop a']);
    expect(exit('a', 'stopped')).to.deep.equal(['start a 0', 'start b 1', 'start c 0']);
    exit('a');
    expect(send({ type: 'child.stop', id: 'a' }), 'one that is down').to.deep.equal(['retire a']);
  });

  it('handles or ignores every event in every state, and says so in the chart', () => {
    const types: SupervisorEvent['type'][] = [
      'child.add',
      'child.started',
      'child.exited',
      'child.stop',
      'stop',
    ];
    const table: Record<string, Record<string, string>> = {};
    for (const [state, node] of Object.entries(supervisorChart.states)) {
      if (node.type === 'final') continue;
      expect(Object.keys(node.config.on ?? {}), state).to.have.members(types);
      table[state] = Object.fromEntries(types.map((type) => [type, outcome(state, type)]));
    }
    expect(table).to.deep.equal({
      idle: {
        'child.add': 'working: start b 0',
        'child.started': 'idle: ',
        'child.exited': 'idle: ',
        'child.stop': 'idle: ',
        stop: 'stopped: ',
      },
      working: {
        'child.add': 'working: start b 0',
        'child.started': 'working: ',
        'child.exited': 'working: start a 1',
        'child.stop': 'working: stop a',
        stop: 'draining: stop a',
      },
      draining: {
        'child.add': 'draining: ',
        'child.started': 'draining: ',
        'child.exited': 'stopped: ',
        'child.stop': 'draining: ',
        stop: 'draining: ',
      },
    });
  });

  it('keeps plain data alone, and its lists bounded, whatever it hears', () => {
    const id = fc.constantFrom('a', 'b', 'c');
    const event: fc.Arbitrary<SupervisorEvent> = fc.oneof(
      fc.record({
        type: fc.constant('child.add' as const),
        child: fc.record({
          id,
          restart: fc.constantFrom<RestartType>('permanent', 'transient', 'temporary'),
        }),
      }),
      fc.record({ type: fc.constant('child.started' as const), id, atMs: fc.nat(100) }),
      fc.record({
        type: fc.constant('child.exited' as const),
        id,
        exit: fc.constantFrom<ExitKind>('normal', 'abnormal', 'stopped'),
        atMs: fc.nat(100),
      }),
      fc.record({ type: fc.constant('child.stop' as const), id }),
      { weight: 1, arbitrary: fc.constant({ type: 'stop' as const }) },
    );
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 40 }),
        fc.constantFrom(undefined, oneForAll),
        (events, strategy) => {
          const { actor, send } = run({ intensity: 2, ...(strategy === undefined ? {} : { strategy }) });
          for (const next of events) {
            send(next);
            const { context, value, status } = actor.getSnapshot();
            expect(status).to.not.equal('error');
            expect(JSON.parse(JSON.stringify(context))).to.deep.equal(context);
            const ids = context.children.map((child) => child.id);
            expect(new Set(ids).size).to.equal(ids.length);
            expect(ids).to.include.members([...context.stopping]);
            expect(context.restarts.length).to.be.at.most(3);
            if (value === 'idle' || value === 'stopped') expect(ids).to.deep.equal([]);
            if (context.stopping.length === 0)
              expect(context.children.some(({ phase }) => phase === 'down')).to.equal(false);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** The state after an event, and what was named on the way, from a supervisor of one child `a` (none when idle). */
function outcome(state: string, type: SupervisorEvent['type']): string {
  const { add, send, value } = run();
  if (state !== 'idle') add('a');
  if (state === 'draining') send({ type: 'stop' });
  const events: Record<SupervisorEvent['type'], SupervisorEvent> = {
    'child.add': { type: 'child.add', child: { id: 'b', restart: 'permanent' } },
    'child.started': { type: 'child.started', id: 'a', atMs: 1 },
    'child.exited': { type: 'child.exited', id: 'a', exit: 'abnormal', atMs: 1 },
    'child.stop': { type: 'child.stop', id: 'a' },
    stop: { type: 'stop' },
  };
  const named = send(events[type]);
  return `${String(value())}: ${named.join(', ')}`;
}
