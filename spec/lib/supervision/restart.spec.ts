import { expect } from 'chai';
import { shouldRestart } from '../../../lib/supervision/restart.js';

describe('restart types', () => {
  it('follow the table: type by kind of exit', () => {
    const kinds = ['normal', 'abnormal', 'stopped'] as const;
    const row = (type: 'permanent' | 'transient' | 'temporary') =>
      kinds.map((kind) => shouldRestart(type, kind));
    expect(row('permanent')).to.deep.equal([true, true, false]);
    expect(row('transient')).to.deep.equal([false, true, false]);
    expect(row('temporary')).to.deep.equal([false, false, false]);
  });
});
