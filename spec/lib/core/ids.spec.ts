import { expect } from 'chai';
import { countingIds, systemIds } from '../../../lib/core/ids.js';

describe('ids', () => {
  it('never meet, and say what they name', () => {
    const made = Array.from({ length: 1_000 }, () => systemIds.next('session'));
    expect(new Set(made).size).to.equal(1_000);
    for (const id of made) expect(id).to.match(/^session-[\w-]{12}$/);
  });

  it('are counted where a run is to be repeated', () => {
    const ids = countingIds();
    expect([ids.next('a'), ids.next('b')]).to.deep.equal(['a-1', 'b-2']);
    expect(countingIds().next('a')).to.equal('a-1');
  });
});
