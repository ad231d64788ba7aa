import { expect } from 'chai';
import { AgentPaces } from '../../../../lib/coalition/dispatch/agent-paces.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';

const paces = (clock = new ManualClock()) => new AgentPaces({ clock, workers: () => 2, credit: 1_000 });

describe('agent paces', () => {
  it('know each agent by its own reports', () => {
    const known = paces();
    const [short, long] = ['short', 'long'].map((agent) => known.measure(agent, 100_000));
    expect([short?.size(100_000), short?.isMeasured()]).to.deep.equal([1, false]);
    known.note('short', 0.1, 64);
    known.note('long', 500, 1);
    expect([short?.size(100_000), long?.size(100_000)]).to.deep.equal([100, 1]);
    expect(short?.isMeasured()).to.equal(true);
  });

  it('let a task that is tried again by itself say little', () => {
    const known = paces();
    const { size } = known.measure('agent', 100_000);
    for (let report = 0; report < 5; report += 1) known.note('agent', 0.01, 500);
    known.note('agent', 2, 1);
    expect(size(100_000)).to.be.above(400);
    for (let report = 0; report < 30; report += 1) known.note('agent', 20, 1);
    expect(size(100_000)).to.equal(1);
  });

  it('tell of the next report, or after a while without one', async () => {
    const clock = new ManualClock();
    const known = paces(clock);
    const { nextReport } = known.measure('agent', 10);
    const told: string[] = [];
    const { signal } = new AbortController();
    void nextReport(20, signal).then(() => told.push('reported'));
    known.note('agent', 1, 1);
    await clock.settle();
    void nextReport(20, signal).then(() => told.push('waited'));
    await clock.advance(19);
    expect(told).to.deep.equal(['reported']);
    await clock.advance(1);
    expect(told).to.deep.equal(['reported', 'waited']);
  });
});
