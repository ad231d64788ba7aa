import { expect } from 'chai';
import { Cancellations } from '../../../../lib/coalition/dispatch/cancellations.js';

describe('cancellations', () => {
  it('are told once a tick, each with its first reason', async () => {
    const told: (readonly [number, string])[][] = [];
    const cancellations = new Cancellations((reasons) => told.push([...reasons]));
    cancellations.add([], 'none');
    await Promise.resolve();
    expect(told).to.deep.equal([]);
    cancellations.add([1, 2], 'first');
    cancellations.add([2, 3], 'second');
    expect(told).to.deep.equal([]);
    await Promise.resolve();
    cancellations.add([4], 'third');
    await Promise.resolve();
    expect(told).to.deep.equal([
      [
        [1, 'first'],
        [2, 'first'],
        [3, 'second'],
      ],
      [[4, 'third']],
    ]);
  });
});
