import { expect } from 'chai';
import fc from 'fast-check';
import { encode } from '../../../lib/core/value.js';
import { HeldBatch } from '../../../lib/host/held-batch.js';

function heldBatch(size: number): HeldBatch {
  return new HeldBatch({
    type: 'batch',
    batch: 7,
    ids: Array.from({ length: size }, (_, at) => `t${at}`),
    agents: Array(size).fill('a'),
    attempts: Array(size).fill(1),
    payloads: Array(size).fill(encode(null)),
    extras: [{ at: 1, timeoutMs: 5, recorded: [] }],
  });
}

describe('a held batch', () => {
  it('gives back each task once, and only before its turn', () => {
    const batch = heldBatch(5);
    expect(batch.begin(0)).to.equal(true);
    expect(batch.recall([0, 2, 4, 4, 5, -1, 1.5])).to.deep.equal([2, 4]);
    expect(batch.recall([2, 4])).to.deep.equal([]);
    expect([1, 2, 3, 4].map((at) => batch.begin(at))).to.deep.equal([true, false, true, false]);
    expect(batch.recall([0, 1, 2, 3, 4])).to.deep.equal([]);
  });

  it('accounts for every task once, as begun or as given back, in whatever order it is recalled', () => {
    const recalls = fc.array(fc.array(fc.integer({ min: -1, max: 9 })), { maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), recalls, (size, all) => {
        const batch = heldBatch(size);
        const seen: number[] = [];
        for (let at = 0; at < size; at += 1) {
          seen.push(...batch.recall(all[at] ?? []));
          expect(batch.isDone).to.equal(seen.length === size);
          if (!batch.begin(at)) continue;
          seen.push(at);
          batch.answer(at, encode(at), undefined);
        }
        expect(seen.toSorted()).to.deep.equal(Array.from({ length: size }, (_, at) => at));
        expect(batch.isDone).to.equal(true);
      }),
    );
  });

  it('tells what has ended once, in columns', () => {
    const batch = heldBatch(3);
    batch.answer(2, encode('c'), [{ text: 'so' }]);
    batch.fail(0, new Error('no'));
    const { failures, ...rest } = batch.takeSettled();
    expect(rest).to.deep.equal({
      batch: 7,
      at: [2],
      values: ['"c"'],
      claims: [{ at: 2, claims: [{ text: 'so' }] }],
    });
    expect(failures.map(({ at, error }) => [at, error.message])).to.deep.equal([[0, 'no']]);
    expect(batch.takeSettled()).to.deep.equal({ batch: 7, at: [], values: [], failures: [], claims: [] });
    expect(batch.isDone).to.equal(false);
  });

  it('knows what a few tasks have beside the columns', () => {
    expect(heldBatch(2).extraOf(1)).to.include({ timeoutMs: 5 });
    expect(heldBatch(2).extraOf(0)).to.equal(undefined);
  });
});
