import { expect } from 'chai';
import { z } from 'zod';
import { planAgents } from '../../../lib/coalition/agent-plan.js';
import { defineAgent } from '../../../lib/coalition/define.js';
import { defaultBackoff } from '../../../lib/core/backoff.js';
import { ConclaveError } from '../../../lib/core/errors.js';
import { agentTable } from '../../../lib/host/agents-module.js';
import { square } from './inline.js';

function planOf(fields: object) {
  return planAgents(agentTable([{ ...square, ...fields }], 'spec'), 5).get('square');
}

describe('agent plan', () => {
  it('reads what an agent says of itself, and fills in the rest', () => {
    const open = { timeoutMs: undefined, limit: undefined, concurrency: undefined, input: undefined };
    expect(planOf({})).to.deep.equal({
      name: 'square',
      after: [],
      attempts: 5,
      backoff: defaultBackoff,
      ...open,
    });
    const fixed = { type: 'fixed', delayMs: 0 };
    expect(planOf({ attempts: 1, after: ['a'], backoff: fixed })).to.deep.equal({
      name: 'square',
      after: ['a'],
      attempts: 1,
      backoff: fixed,
      ...open,
    });
    const { backoff } = planOf({ backoff: (attempt: number) => attempt * 3 }) ?? {};
    expect(typeof backoff === 'function' && backoff(4)).to.equal(12);
    expect([
      ...planAgents(agentTable([defineAgent({ name: 'a', handle: () => 1 })], 'spec'), 2).keys(),
    ]).to.deep.equal(['a']);
  });

  it('takes each number up to its bounds', () => {
    const least = { attempts: 1, timeoutMs: 1, limit: { max: 1, periodMs: 1 }, concurrency: 1 };
    expect(planOf(least)).to.deep.include(least);
    const most = {
      attempts: 1_000,
      timeoutMs: 31_536_000_000,
      limit: { max: 1_000_000, periodMs: 86_400_000 },
      concurrency: 1_000_000,
    };
    expect(planOf(most)).to.deep.include(most);
  });

  it('keeps the schema of an agent', () => {
    const input = z.object({ n: z.number() });
    expect(planOf({ input })).to.include({ input });
  });

  it('refuses a wait that a function of the user answers, when it does', () => {
    for (const odd of [undefined, Number.NaN, -1, Number.POSITIVE_INFINITY, 'soon']) {
      const { backoff } = planOf({ backoff: () => odd }) ?? {};
      const ask = () => typeof backoff === 'function' && backoff(1);
      expect(ask).to.throw(ConclaveError, 'what backoff of agent "square" answers must be a number of milli');
    }
  });

  for (const [fields, message] of [
    [{ after: 'a' }, /^after of agent "square" must be a list/],
    [{ after: [1] }, /^after of agent "square" must be a list/],
    [{ attempts: 0 }, /^attempts of agent "square" must be a whole number from 1 to 1000, not 0/],
    [{ attempts: 1_001 }, /^attempts of agent "square" must be a whole number from 1 to 1000, not 1001/],
    [{ timeoutMs: 0 }, /^timeoutMs of agent "square" must be a whole number from 1 to 31536000000, not 0/],
    [{ timeoutMs: 31_536_000_001 }, /^timeoutMs of agent "square" must be/],
    [{ timeoutMs: '1s' }, /^timeoutMs of agent "square" must be/],
    [{ timeoutMs: 1.5 }, /^timeoutMs of agent "square" must be/],
    [{ concurrency: 0 }, /^concurrency of agent "square" must be a whole number from 1 to 1000000, not 0/],
    [{ concurrency: 1_000_001 }, /^concurrency of agent "square" must be/],
    [{ limit: 5 }, /^limit of agent "square" must be an object, not 5/],
    [{ limit: { max: 1 } }, /^limit.periodMs of agent "square" must be a whole number from 1 to 86400000/],
    [
      { limit: { max: 0, periodMs: 1 } },
      /^limit.max of agent "square" must be a whole number from 1 to 10000/,
    ],
    [{ limit: { max: 1_000_001, periodMs: 1 } }, /^limit.max of agent "square" must be/],
    [{ limit: { max: 1, periodMs: 0 } }, /^limit.periodMs of agent "square" must be/],
    [{ limit: { max: 1, periodMs: 86_400_001 } }, /^limit.periodMs of agent "square" must be/],
    [{ timeout: 5 }, /^Agent "square" has "timeout", which no agent has; there are name, handle, logic,/],
    [{ backoff: 'slow' }, /^backoff of agent "square" must be/],
    [{ backoff: { type: 'linear', delayMs: 1 } }, /^backoff of agent "square" must be/],
    [{ backoff: { type: 'fixed' } }, /^backoff of agent "square" must be/],
    [{ backoff: { type: 'fixed', delayMs: -1 } }, /^backoff of agent "square" must be/],
    [{ backoff: { type: 'exponential', delayMs: 1, delayMsMax: 9 } }, /^backoff of agent "square" must be/],
    [
      { backoff: { type: 'exponential', delayMs: 1, delayMsMax: 9, jitter: 2 } },
      /^backoff of agent "square"/,
    ],
  ] as const) {
    it(`refuses ${JSON.stringify(fields)}`, () => {
      expect(() => planOf(fields))
        .to.throw(ConclaveError, message)
        .with.property('code', 'InvalidOption');
    });
  }
});
