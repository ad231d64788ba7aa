import { expect } from 'chai';
import fc from 'fast-check';
import { SeqTable } from '../../../../lib/brokers/file/seq-table.js';

describe('SeqTable', () => {
  it('answers as a map does, near and far apart, whatever goes in and out', () => {
    const seq = fc.oneof(
      fc.nat(600),
      fc.integer({ min: 2 ** 32 - 300, max: 2 ** 32 + 300 }),
      fc.nat(2 ** 40),
    );
    const move = fc.tuple(fc.constantFrom('set', 'delete', 'any'), seq, fc.nat(700));
    fc.assert(
      fc.property(fc.array(move, { maxLength: 200 }), (moves) => {
        const table = new SeqTable<string>();
        const map = new Map<number, string>();
        for (const [what, at, more] of moves) {
          if (what === 'set') {
            table.set(at, `${more}`);
            map.set(at, `${more}`);
          }
          if (what === 'delete') expect(table.delete(at)).to.equal(map.delete(at));
          const isAny = [...map.keys()].some((key) => key >= at && key <= at + more);
          expect(table.hasAny(at, at + more)).to.equal(isAny);
          expect(table.get(at)).to.equal(map.get(at));
          expect(table.length).to.equal(map.size);
        }
        const inOrder = [...map].sort(([left], [right]) => left - right);
        expect([...table.values()]).to.deep.equal(inOrder.map(([, item]) => item));
      }),
    );
  });
});
