import { readdir } from 'node:fs/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { type AnyStateMachine, StateMachine } from 'xstate';
import { compileChart } from '../../../lib/charts/compile.js';
import { told } from './random-implementations.js';
import { compare, type Stimulus } from './recording.js';

const folder = new URL('../../../actors/', import.meta.url);

/** What any chart of actors/ may be given at birth. */
const input = {
  id: 'one',
  name: 'one',
  queue: 'results',
  coalition: 'swarm',
  credit: 8,
  leaseMs: 3_000,
  retryMs: 10,
  retryMsMax: 40,
  intensity: 1,
  periodMs: 5_000,
  limit: { intensity: 1, periodMs: 5_000 },
};

/** Fields that events of these charts have; an event here has them all. */
const fields = fc.record({
  count: fc.nat(4),
  demand: fc.nat(4),
  duplicates: fc.nat(2),
  epoch: fc.nat(2),
  loops: fc.integer({ min: 1, max: 2 }),
  stages: fc.constantFrom([1], [2, 1]),
  stop: fc.boolean(),
  empty: fc.boolean(),
  atMs: fc.nat(20),
  tookMs: fc.nat(20),
  id: fc.constantFrom('a', 'b'),
  exit: fc.constantFrom('normal', 'abnormal', 'stopped'),
  step: fc.constantFrom('read', 'take', 'renew'),
  reason: fc.constant('because'),
  child: fc.record({
    id: fc.constantFrom('a', 'b'),
    restart: fc.constantFrom('permanent', 'transient', 'temporary'),
  }),
  record: fc.record({
    name: fc.constant('swarm'),
    holder: fc.constantFrom('one', 'two'),
    epoch: fc.nat(2),
    heartbeat: fc.nat(3),
  }),
});

describe('the charts of actors/, compiled', () => {
  let charts: AnyStateMachine[] = [];

  before(async () => {
    const files = (await readdir(folder)).filter((name) => name.endsWith('.js'));
    const modules: object[] = await Promise.all(files.map((name) => import(new URL(name, folder).href)));
    charts = modules
      .flatMap((module) => Object.values(module))
      .filter((value) => value instanceof StateMachine);
  });

  it('are all compiled', () => {
    expect(charts.length).to.be.at.least(11);
    for (const chart of charts)
      expect(compileChart(chart).compilation, chart.id).to.deep.equal({ isCompiled: true });
  });

  it('do what they do otherwise, under random events and with bodies of a shell', function () {
    this.timeout(30_000);
    for (const chart of charts) {
      const shelled = chart.provide({ actions: bodiesOf(chart) });
      const types = [...chart.events, 'nobody.knows'];
      const event = fc.tuple(fc.constantFrom(...types), fields).map(([type, given]) => ({ ...given, type }));
      const stimuli = fc.array(
        fc.oneof<fc.Arbitrary<Stimulus>[]>(event, event, event, fc.constantFrom(10, 1_000)),
        {
          maxLength: 20,
          size: 'max',
        },
      );
      fc.assert(
        fc.property(stimuli, fc.boolean(), (given, isClose) =>
          compare(shelled, compileChart(shelled), given, { isClose, probes: types, input }),
        ),
        { numRuns: 40 },
      );
    }
  });
});

/** A body for each action that the shell gives: it tells that it ran, and with what. */
function bodiesOf(chart: AnyStateMachine) {
  const own = Object.entries(chart.implementations.actions).filter(
    ([, action]) => typeof action === 'function' && !('resolve' in action),
  );
  return Object.fromEntries(
    own.map(([name]) => [
      name,
      (given: { readonly context: unknown }, params: unknown) =>
        told.lines.push(`${name} ${JSON.stringify([given.context, params])}`),
    ]),
  );
}
