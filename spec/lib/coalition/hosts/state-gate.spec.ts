import { expect } from 'chai';
import fc from 'fast-check';
import { StateGate } from '../../../../lib/coalition/hosts/state-gate.js';
import { testEnvelope } from '../../../../lib/testing/envelopes.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { delivery } from '../fakes.js';

const HOLD_MS = 100;

/** A task for workers that have so many results of the query; of no query without a count. */
function task(seq: number, state?: number) {
  const headers: Record<string, string> = state === undefined ? {} : { query: 'q', state: String(state) };
  return delivery(seq, { envelope: testEnvelope(seq, { headers }) });
}

function bench() {
  const clock = new ManualClock();
  const results = { count: -1 };
  const said: string[] = [];
  const named = (tasks: readonly { readonly seq: number }[]) => tasks.map(({ seq }) => seq).join();
  const gate = new StateGate({
    clock,
    holdMs: HOLD_MS,
    has: (query, count) => query === 'q' && results.count >= count,
    onReady: (tasks) => said.push(`ready ${named(tasks)}`),
    onOverdue: (tasks) => said.push(`overdue ${named(tasks)}`),
  });
  return { clock, gate, results, said: () => said.splice(0), named };
}

describe('state gate', () => {
  it('holds tasks of a query until their state is here, and no others', () => {
    const { gate, results, said, named } = bench();
    expect(named(gate.pass([task(1), task(2, 0), task(3, 2), task(4)]))).to.equal('1,4');
    expect(gate.held).to.equal(2);
    results.count = 0;
    gate.look();
    gate.look();
    expect(said()).to.deep.equal(['ready 2']);
    expect(named(gate.pass([task(5, 0), task(6, 1)]))).to.equal('5');
    results.count = 2;
    gate.look();
    expect(said()).to.deep.equal(['ready 3,6']);
    expect(gate.held).to.equal(0);
  });

  it('lets go of each when its own time is over', async () => {
    const { clock, gate, said } = bench();
    gate.pass([task(1, 0)]);
    await clock.advance(HOLD_MS - 10);
    gate.pass([task(2, 0)]);
    await clock.advance(10);
    expect(said()).to.deep.equal(['overdue 1']);
    await clock.advance(HOLD_MS - 11);
    expect(said()).to.deep.equal([]);
    await clock.advance(1);
    expect(said()).to.deep.equal(['overdue 2']);
    expect(clock.pending).to.equal(0);
  });

  it('holds nothing any more once it is closed', async () => {
    const { clock, gate, said, named } = bench();
    gate.pass([task(1, 0)]);
    expect(named(gate.close())).to.equal('1');
    expect(named(gate.pass([task(2, 0)]))).to.equal('2');
    expect(clock.pending).to.equal(0);
    await clock.advance(HOLD_MS);
    expect(said()).to.deep.equal([]);
  });

  it('answers every task exactly once, whatever comes when', async () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('pass' as const), state: fc.nat(5) }),
      fc.record({ type: fc.constant('grow' as const) }),
      fc.record({ type: fc.constant('wait' as const), ms: fc.nat(HOLD_MS) }),
    );
    const run = async (
      steps: readonly ({ type: 'pass'; state: number } | { type: 'grow' } | { type: 'wait'; ms: number })[],
    ) => {
      const { clock, gate, results, said, named } = bench();
      const seen: number[] = [];
      const read = (names: string) => names.split(',').filter(Boolean).map(Number);
      let seq = 0;
      for (const move of steps) {
        if (move.type === 'pass') {
          seq += 1;
          seen.push(...read(named(gate.pass([task(seq, move.state)]))));
        } else if (move.type === 'grow') {
          results.count += 1;
          gate.look();
        } else await clock.advance(move.ms);
      }
      await clock.advance(HOLD_MS);
      seen.push(...said().flatMap((line) => read(line.split(' ')[1] ?? '')));
      expect(seen.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: seq }, (_, at) => at + 1));
      expect(clock.pending).to.equal(0);
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), run), { numRuns: 60 });
  });
});
