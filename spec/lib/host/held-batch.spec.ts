import { expect } from 'chai';
import { ConclaveError } from '../../../lib/core/errors.js';
import type { TaskBatch } from '../../../lib/core/frame.js';
import { encode } from '../../../lib/core/value.js';
import { HeldBatch } from '../../../lib/host/held-batch.js';
import type { Ended } from '../../../lib/host/held-tasks.js';

function heldBatch(size: number): HeldBatch {
  const frame: TaskBatch = {
    type: 'batch',
    batch: 7,
    ids: Array.from({ length: size }, (_, at) => `t${at}`),
    agents: Array(size).fill('a'),
    attempts: Array(size).fill(1),
    payloads: Array(size).fill(encode(null)),
    extras: [{ at: 1, timeoutMs: 5, recorded: [] }],
  };
  return new HeldBatch(frame, 100);
}

describe('a held batch', () => {
  it('tells what has ended once, in columns', () => {
    const batch = heldBatch(3);
    batch.answer(2, 'c', [{ text: 'so' }]);
    batch.fail(0, new Error('no'));
    expect(() => batch.answer(1, 'x'.repeat(100), undefined)).to.throw(ConclaveError, 'at most 100 cross');
    const ended = new Map<string, Ended>();
    const [first] = batch.takeSettled(ended);
    expect(first).to.deep.include({
      type: 'settled',
      batch: 7,
      at: [2],
      values: ['"c"'],
      claims: [{ at: 2, claims: [{ text: 'so' }] }],
    });
    expect(first?.failures.map(({ at, error }) => [at, error.message])).to.deep.equal([[0, 'no']]);
    expect([...ended]).to.deep.equal([['a', { count: 2, failed: 1 }]]);
    const nothing = { type: 'settled', batch: 7, at: [], values: [], failures: [], claims: [] };
    expect(batch.takeSettled(ended)).to.deep.equal([nothing]);
    expect(batch.isDone).to.equal(false);
    batch.answer(1, undefined, undefined);
    expect(batch.isDone).to.equal(true);
  });

  it('knows what a few tasks have beside the columns', () => {
    expect(heldBatch(2).timeoutMsOf(1)).to.equal(5);
    expect(heldBatch(2).timeoutMsOf(0)).to.equal(undefined);
  });
});
