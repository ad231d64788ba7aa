import { expect } from 'chai';
import fc from 'fast-check';
import { RankedLine } from '../../../../lib/coalition/dispatch/ranked-line.js';
import { delivery } from '../fakes.js';

type Move =
  | { readonly type: 'push' | 'pushFront'; readonly rank: number }
  | { readonly type: 'pop' | 'takeOdd' | 'takeAll' };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('push' as const, 'pushFront' as const),
      rank: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('pop' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('takeOdd' as const, 'takeAll' as const) }) },
);

describe('ranked line', () => {
  it('gives the largest rank first, FIFO among equals, as a sorted list would', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 120 }), (moves) => {
        const line = new RankedLine();
        let list: { readonly seq: number; readonly rank: number }[] = [];
        for (const [index, step] of moves.entries()) {
          const seq = index + 1;
          if (step.type === 'push') {
            line.push(delivery(seq), step.rank);
            list.push({ seq, rank: step.rank });
          } else if (step.type === 'pushFront') {
            line.pushFront(delivery(seq), step.rank);
            list.unshift({ seq, rank: step.rank });
          } else if (step.type === 'takeOdd') {
            const taken = line.takeWhere((one) => one.seq % 2 === 1).map((one) => one.seq);
            const odd = list.filter((one) => one.seq % 2 === 1).map((one) => one.seq);
            expect(taken).to.have.members(odd);
            list = list.filter((one) => one.seq % 2 === 0);
          }
          list = list.sort((one, other) => other.rank - one.rank); // stable
          if (step.type === 'pop') expect(line.pop()?.seq).to.equal(list.shift()?.seq);
          if (step.type === 'takeAll') {
            expect(line.takeAll().map((one) => one.seq)).to.deep.equal(list.map((one) => one.seq));
            list = [];
          }
          expect(line.length).to.equal(list.length);
          expect([...line].map((one) => one.seq)).to.have.members(list.map((one) => one.seq));
        }
      }),
    );
  });
});
