import { expect } from 'chai';
import { type BrokerCommand, type BrokerState, initial, step } from '../../../lib/brokers/model.js';
import { defaultLimits } from '../../../lib/core/limits.js';
import { testEnvelope, testEnvelopes } from '../../../lib/testing/index.js';

const request = { consumer: 'ada', max: 9, waitMs: 10, leaseMs: 30 };

const everything = { durable: false, orderedByKey: true, delayed: true, priorities: true, shared: false };

function run(commands: readonly BrokerCommand[]): BrokerState {
  return commands.reduce((state, command) => step(state, command).state, initial(defaultLimits, everything));
}

describe('the broker model', () => {
  it('is nothing but data: a structured copy of any state goes on like the state itself', () => {
    const commands: BrokerCommand[] = [
      { type: 'publish', envelopes: testEnvelopes(1, 3) },
      { type: 'receive', call: 1, request: { ...request, max: 2 } },
      {
        type: 'nack',
        refusals: [
          {
            receipt: { seq: 1, token: 'ada#1' },
            fault: 'failure',
            delayMs: 20,
            attemptsMax: 5,
            reason: 'threw',
          },
        ],
      },
      { type: 'receive', call: 2, request },
      { type: 'receive', call: 3, request },
      { type: 'close', request: { drain: true, deadlineMs: 100 } },
      { type: 'advance', byMs: 200 },
    ];
    let state = initial(defaultLimits, everything);
    for (const command of commands) {
      const before = structuredClone(state);
      const next = step(state, command);
      expect(step(before, command)).to.deep.equal(next);
      expect(state, 'the state given is left as it was').to.deep.equal(before);
      state = next.state;
    }
    expect(state.report).to.deep.equal({ drained: 0, returned: 0, abandoned: 3 });
  });

  it('is in the same state whenever the situation is the same, however late it is', () => {
    const cycle: BrokerCommand[] = [
      { type: 'receive', call: 0, request },
      { type: 'nack', refusals: [] },
      { type: 'extend', receipts: [{ seq: 1, token: 'ada#1' }], leaseMs: 30 },
      { type: 'advance', byMs: 10 },
    ];
    const start: BrokerCommand[] = [{ type: 'publish', envelopes: [testEnvelope(1)] }, ...cycle];
    expect(run([...start, ...cycle, ...cycle])).to.deep.equal(run(start));
  });

  it('serves a waiter at the instant at which a lease runs out, though its wait ends at the same', () => {
    const state = run([
      { type: 'publish', envelopes: [testEnvelope(1)] },
      { type: 'receive', call: 1, request },
      { type: 'receive', call: 2, request: { ...request, waitMs: 30 } },
    ]);
    const { outputs } = step(state, { type: 'advance', byMs: 30 });
    expect(outputs).to.have.length(1);
    expect(outputs[0]).to.deep.include({ type: 'received', call: 2 });
    expect(outputs[0]).to.have.nested.property('deliveries[0].deliveries', 2);
  });
});
