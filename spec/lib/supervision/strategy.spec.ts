import { expect } from 'chai';
import { oneForOne, resolveStrategy } from '../../../lib/supervision/strategy.js';

describe('strategies', () => {
  it('one_for_one touches nobody but the failed', () => {
    expect(oneForOne(['a', 'b', 'c'], 'b')).to.deep.equal({ stop: [], start: ['b'] });
  });

  it('are given by name or as they are', () => {
    const own = () => ({ stop: [], start: [] });
    expect(resolveStrategy('one_for_one')).to.equal(oneForOne);
    expect(resolveStrategy(own)).to.equal(own);
  });
});
