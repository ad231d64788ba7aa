import { expect } from 'chai';
import fc from 'fast-check';
import type { AnyActorLogic, AnyStateMachine } from 'xstate';
import { compileChart } from '../../../lib/charts/compile.js';
import { EVENT_TYPES, randomChart } from './random-chart.js';
import { record, type Stimulus } from './recording.js';
import { Tape } from './tape.js';

const CHARTS = 2_500;
const SEQUENCES = 4;
/** One case in so many is looked at closely: what the inspector hears, what snapshots answer. */
const CLOSE_EVERY = 8;

const stimuli = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom<Stimulus[]>(...EVENT_TYPES) },
    { weight: 1, arbitrary: fc.constantFrom<Stimulus[]>(3, 10) },
  ),
  { minLength: 3, maxLength: 8, size: 'max' },
);

/** A chart, and several times what happens to it. */
const cases = fc.tuple(
  fc.uint8Array({ minLength: 100, maxLength: 400, size: 'max' }),
  fc.array(stimuli, { minLength: SEQUENCES, maxLength: SEQUENCES }),
  fc.nat(CLOSE_EVERY - 1),
);

/** A property that fails where the logic made of a chart does not do what the chart does. */
function isEqual(made: (machine: AnyStateMachine) => AnyActorLogic, count: () => void = () => undefined) {
  return fc.property(cases, ([tape, sequences, closeness]) => {
    const machine = chartOf(tape);
    fc.pre(machine !== undefined);
    for (const sequence of sequences) {
      count();
      compare(machine, made(machine), sequence, closeness === 0);
    }
  });
}

describe('a compiled chart', () => {
  it('does what xstate does, in 10,000 random cases', function () {
    this.timeout(120_000);
    let count = 0;
    fc.assert(
      isEqual(compileChart, () => {
        count += 1;
      }),
      { numRuns: CHARTS, maxSkipsPerRun: 10 },
    );
    expect(count).to.be.at.least(10_000);
  });
});

function chartOf(tape: Uint8Array): AnyStateMachine | undefined {
  const machine = randomChart(new Tape(tape));
  return compileChart(machine).compilation.isCompiled ? machine : undefined;
}

function compare(
  machine: AnyStateMachine,
  logic: AnyActorLogic,
  sequence: readonly Stimulus[],
  isClose: boolean,
): void {
  const closeness = { isClose, probes: EVENT_TYPES };
  const expected = record(machine, sequence, closeness);
  const actual = record(logic, sequence, closeness);
  const at = expected.findIndex((line, index) => line !== actual[index]);
  if (at === -1 && actual.length === expected.length) return;
  expect(actual.slice(Math.max(0, at - 3), at + 2)).to.deep.equal(
    expected.slice(Math.max(0, at - 3), at + 2),
  );
}
