import { expect } from 'chai';
import { brokerConformance } from '../../../lib/testing/index.js';
import { modelFactory } from '../testing/model-broker.js';
import type { ModelPromises } from '../testing/model-world.js';

const everything = { durable: true, shared: true, orderedByKey: true, delayed: true, priorities: true };

/* What brokers there are beside that of memory: Redis with and without a log, a ledger, and one that keeps no order. */
const kinds: readonly [string, ModelPromises][] = [
  ['shared and durable', { ...everything, leaseHolders: 'alive' }],
  ['shared', { ...everything, durable: false, leaseHolders: 'dead' }],
  ['durable', { ...everything, shared: false, leaseHolders: 'dead' }],
  ['durable, and nothing else', { ...allOff(), durable: true, leaseHolders: 'dead' }],
];

function allOff() {
  return { durable: false, shared: false, orderedByKey: false, delayed: false, priorities: false };
}

for (const [kind, promises] of kinds) {
  describe(`the model as a broker: ${kind}`, () => {
    const tests = brokerConformance(modelFactory(promises), { sequences: 60 });

    for (const test of tests.filter(({ skipped }) => skipped === undefined)) it(test.name, test.run);

    it('is excused from nothing that it says it keeps', () => {
      const { leaseHolders: _, ...flags } = promises;
      const lacking = Object.values(flags).filter((flag) => !flag).length;
      const reasons = tests.flatMap(({ skipped }) => skipped ?? []);
      expect(reasons.length > 0).to.equal(lacking > 0);
    });
  });
}
