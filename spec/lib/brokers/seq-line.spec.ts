import { expect } from 'chai';
import fc from 'fast-check';
import { SeqLine } from '../../../lib/brokers/seq-line.js';

const step = fc.oneof(
  fc.record({ push: fc.integer({ min: 1, max: 40 }), skip: fc.nat(1), later: fc.nat(1) }),
  fc.record({ take: fc.integer({ min: 1, max: 60 }) }),
);

describe('SeqLine', () => {
  it('gives what a list of seqs would, with the time at which the first was accepted', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const line = new SeqLine();
        let list: { readonly seq: number; readonly atMs: number }[] = [];
        let [seq, atMs] = [0, 0];
        for (const next of steps) {
          if ('take' in next) {
            const taken: number[] = [0];
            line.takeInto(taken, next.take + 1);
            expect(taken).to.deep.equal([0, ...list.slice(0, next.take).map((item) => item.seq)]);
            list = list.slice(next.take);
          } else {
            atMs += next.later;
            seq += next.skip;
            for (let count = 0; count < next.push; count += 1) {
              seq += 1;
              line.pushBack(seq, atMs);
              list.push({ seq, atMs });
            }
          }
          const first = list[0];
          expect(line.length).to.equal(list.length);
          expect(line.firstSeq).to.equal(first?.seq ?? Number.POSITIVE_INFINITY);
          if (first !== undefined) expect(line.firstMs).to.equal(first.atMs);
        }
      }),
    );
  });
});
