import { expect } from 'chai';
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
    expect(planOf({})).to.deep.equal({ name: 'square', after: [], attempts: 5, backoff: defaultBackoff });
    const fixed = { type: 'fixed', delayMs: 0 };
    expect(planOf({ attempts: 1, after: ['a'], backoff: fixed })).to.deep.equal({
      name: 'square',
      after: ['a'],
      attempts: 1,
      backoff: fixed,
    });
    const { backoff } = planOf({ backoff: (attempt: number) => attempt * 3 }) ?? {};
    expect(typeof backoff === 'function' && backoff(4)).to.equal(12);
    expect([
      ...planAgents(agentTable([defineAgent({ name: 'a', handle: () => 1 })], 'spec'), 2).keys(),
    ]).to.deep.equal(['a']);
  });

  for (const [fields, message] of [
    [{ after: 'a' }, /^after of agent "square" must be a list/],
    [{ after: [1] }, /^after of agent "square" must be a list/],
    [{ attempts: 0 }, /^attempts of agent "square" must be a whole number from 1 to 1000, not 0/],
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
