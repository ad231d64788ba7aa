import { expect } from 'chai';
import fc from 'fast-check';
import { expectAnswers, handlers, orderOf, payloadsOf, works } from './payloads.js';

const number = fc.integer({ min: 1, max: 1_000_000 });

describe('the payloads of the benchmarks', () => {
  it('are of 154 bytes, where they are said to be', () => {
    fc.assert(
      fc.property(number, (n) => {
        expect(Buffer.byteLength(JSON.stringify(orderOf(n)))).to.equal(154);
      }),
    );
  });

  it('are answered as was told beforehand', () => {
    fc.assert(
      fc.property(number, (n) => {
        expect(handlers.order(orderOf(n))).to.equal(works.order.answer(n));
        expect(handlers.square({ n })).to.equal(works.square.answer(n));
      }),
    );
  });

  it('of which an answer that is missing, wrong or in the wrong place is found', () => {
    const { square } = works;
    const answers = payloadsOf(square, 5).map((_, at) => (at + 1) ** 2);
    expectAnswers(square, answers, 5);
    expect(() => expectAnswers(square, answers.slice(1), 5)).to.throw('4 answers instead of 5');
    expect(() => expectAnswers(square, [1, 4, 16, 9, 25], 5)).to.throw('task 3 answered 16 instead of 9');
  });
});
