import { expect } from 'chai';
import fc from 'fast-check';
import { Deque } from '../../../lib/core/deque.js';

const operation = fc.constantFrom(
  'pushBack',
  'pushBack',
  'pushBack',
  'pushFront',
  'pushFront',
  'popFront',
  'popBack',
  'takeFront',
);
const steps = fc.array(fc.tuple(operation, fc.nat(9)), { maxLength: 300, size: 'max' });

/** The same operation on a deque and on the array it should be; the two answers. */
function both(type: string, count: number, deque: Deque<number>, array: number[]): [unknown, unknown] {
  switch (type) {
    case 'pushBack':
      return [deque.pushBack(count), void array.push(count)];
    case 'pushFront':
      return [deque.pushFront(count), void array.unshift(count)];
    case 'popFront':
      return [deque.popFront(), array.shift()];
    case 'popBack':
      return [deque.popBack(), array.pop()];
    default:
      return [deque.takeFront(count), array.splice(0, count)];
  }
}

describe('Deque', () => {
  it('answers as an array does, at any sequence of operations', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const deque = new Deque<number>();
        const array: number[] = [];
        for (const [type, count] of sequence) {
          const [answer, expected] = both(type, count, deque, array);
          expect(answer).to.deep.equal(expected);
          expect([...deque]).to.deep.equal(array);
          expect(deque.length).to.equal(array.length);
          expect(deque.peekFront()).to.equal(array[0]);
        }
      }),
    );
  });

  it('answers as an array does across bursts that make it give up its ring', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(1, 4_096, 4_097, 9_000), { maxLength: 4 }), (bursts) => {
        const deque = new Deque<number>();
        for (const [turn, count] of bursts.entries()) {
          for (let item = 1; item <= count; item += 1) deque.pushBack(item);
          const last = turn % 2 === 0 ? deque.takeFront(count).at(-1) : takeBack(deque, count);
          expect(last).to.equal(turn % 2 === 0 ? count : 1);
          expect(deque.length).to.equal(0);
          expect(deque.popFront()).to.equal(undefined);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('has nothing to give when empty, also after it was not', () => {
    const deque = new Deque<string>();
    deque.pushBack('only');
    deque.popFront();
    expect(deque.peekFront()).to.equal(undefined);
    expect(deque.popFront()).to.equal(undefined);
    expect(deque.popBack()).to.equal(undefined);
    expect(deque.takeFront(3)).to.deep.equal([]);
  });
});

function takeBack(deque: Deque<number>, count: number): number | undefined {
  for (let left = count; left > 1; left -= 1) deque.popBack();
  return deque.popBack();
}
