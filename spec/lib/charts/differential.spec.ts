import { expect } from 'chai';
import fc from 'fast-check';
import type { AnyActorLogic, AnyStateMachine } from 'xstate';
import { compileChart } from '../../../lib/charts/compile.js';
import { EVENT_TYPES, randomChart } from './random-chart.js';
import { compare, type Stimulus } from './recording.js';
import { Tape } from './tape.js';

const CHARTS = 2_500;
const SEQUENCES = 4;
/** One case in so many is looked at closely: what the inspector hears, what snapshots answer. */
const CLOSE_EVERY = 16;

const stimuli = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom<Stimulus[]>(...EVENT_TYPES) },
    { weight: 1, arbitrary: fc.constantFrom<Stimulus[]>(3, 10) },
  ),
  { minLength: 2, maxLength: 7, size: 'max' },
);

/** A chart, and several times what happens to it. */
const cases = fc.tuple(
  fc.uint8Array({ minLength: 100, maxLength: 400, size: 'max' }),
  fc.array(stimuli, { minLength: SEQUENCES, maxLength: SEQUENCES }),
  fc.nat(CLOSE_EVERY - 1),
);

function chartOf(tape: Uint8Array): AnyStateMachine | undefined {
  const machine = randomChart(new Tape(tape));
  return compileChart(machine).compilation.isCompiled ? machine : undefined;
}

/** A property that fails where the logic made of a chart does not do what the chart does. */
function isEqual(made: (machine: AnyStateMachine) => AnyActorLogic, count: () => void = () => undefined) {
  return fc.property(cases, ([tape, sequences, closeness]) => {
    const machine = chartOf(tape);
    fc.pre(machine !== undefined);
    for (const sequence of sequences) {
      count();
      compare(machine, made(machine), sequence, { isClose: closeness === 0, probes: EVENT_TYPES });
    }
  });
}

type Steps = Pick<AnyStateMachine, 'transition'>;

/** A compiled chart whose step is spoilt. */
function spoilt(spoil: (steps: Steps) => Steps): (machine: AnyStateMachine) => AnyActorLogic {
  return (machine) => {
    const compiled = compileChart(machine);
    return Object.assign(Object.create(compiled), spoil(compiled));
  };
}

/** Differences so small that only some charts show them. */
const planted = {
  'forgets what histories remember': spoilt(({ transition }) => ({
    transition: (snapshot, event, scope) => transition({ ...snapshot, historyValue: {} }, event, scope),
  })),
  'drops a delayed event': spoilt(({ transition }) => ({
    transition: (snapshot, event, scope) =>
      event.type.startsWith('xstate.after') && snapshot.context.count > 1
        ? snapshot
        : transition(snapshot, event, scope),
  })),
  'keeps an action from one who has counted to three': spoilt(({ transition }) => ({
    transition: (snapshot, event, scope) => {
      const actionExecutor: typeof scope.actionExecutor = (action) => {
        if (action.type !== 'note' || action.info.context.count !== 3) scope.actionExecutor(action);
      };
      return transition(snapshot, event, { ...scope, actionExecutor });
    },
  })),
  'shows the tags of before': spoilt(({ transition }) => ({
    transition: (snapshot, event, scope) => {
      const next = transition(snapshot, event, scope);
      return next === snapshot ? next : { ...next, tags: snapshot.tags };
    },
  })),
};

describe('a compiled chart', () => {
  it('does what xstate does, in 10,000 random cases', function () {
    this.timeout(180_000);
    let count = 0;
    fc.assert(
      isEqual(compileChart, () => {
        count += 1;
      }),
      { numRuns: CHARTS, maxSkipsPerRun: 10 },
    );
    expect(count).to.be.at.least(10_000);
  });

  for (const [what, spoil] of Object.entries(planted)) {
    it(`is found out when it ${what}`, function () {
      this.timeout(60_000);
      const result = fc.check(isEqual(spoil), { numRuns: CHARTS, maxSkipsPerRun: 10, endOnFailure: true });
      expect(result.failed, 'a planted difference').to.equal(true);
    });
  }
});
