import { expect } from 'chai';
import fc from 'fast-check';
import { AgentGate } from '../../../lib/scheduling/agent-gate.js';

describe('agent gate', () => {
  it('lets max start in a period, and one more as each start grows old', () => {
    const gate = new AgentGate({ limit: { max: 2, periodMs: 100 }, concurrency: undefined });
    for (const nowMs of [0, 30]) {
      expect(gate.mayStart(nowMs)).to.equal(true);
      gate.start(nowMs);
    }
    expect(gate.mayStart(99)).to.equal(false);
    expect(gate.opensAtMs(99)).to.equal(100);
    expect(gate.mayStart(100)).to.equal(true);
    gate.start(100);
    expect(gate.opensAtMs(129)).to.equal(130);
  });

  it('lets so many run at once, and only an end frees a seat', () => {
    const gate = new AgentGate({ limit: undefined, concurrency: 2 });
    gate.start(0);
    expect(gate.opensAtMs(0)).to.equal(0);
    gate.start(0);
    expect(gate.mayStart(1e9)).to.equal(false);
    expect(gate.opensAtMs(0)).to.equal(Number.POSITIVE_INFINITY);
    gate.end();
    expect(gate.mayStart(0)).to.equal(true);
  });

  it('tells how long a task behind others may have to wait', () => {
    const gate = new AgentGate({ limit: { max: 5, periodMs: 100 }, concurrency: undefined });
    expect([0, 4, 5, 50].map((ahead) => gate.waitMs(ahead))).to.deep.equal([100, 100, 200, 1_100]);
    expect(new AgentGate({ limit: undefined, concurrency: 1 }).waitMs(3)).to.equal(undefined);
  });

  it('keeps to its limit in every window, and starts as many as it allows', () => {
    const limit = fc.record({
      max: fc.integer({ min: 1, max: 5 }),
      periodMs: fc.integer({ min: 1, max: 50 }),
    });
    const waits = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 30, noNaN: true })), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(limit, waits, (rule, gaps) => {
        const gate = new AgentGate({ limit: rule, concurrency: undefined });
        const starts: number[] = [];
        let nowMs = 0;
        for (const gap of gaps) {
          nowMs += gap;
          const inWindow = starts.filter((start) => start + rule.periodMs > nowMs).length;
          expect(gate.mayStart(nowMs), `${inWindow} starts in the window at ${nowMs}`).to.equal(
            inWindow < rule.max,
          );
          if (!gate.mayStart(nowMs)) continue;
          gate.start(nowMs);
          starts.push(nowMs);
        }
      }),
    );
  });
});
