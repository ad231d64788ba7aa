import { AssertionError } from 'node:assert';
import { expect } from 'chai';
import { ConclaveError } from '../../../lib/core/errors.js';
import { StateCopy } from '../../../lib/host/state-copy.js';
import { TaskContext } from '../../../lib/host/task-context.js';

describe('task context', () => {
  const said: number[] = [];
  const make = () => new TaskContext('t1', 2, 7, new StateCopy(), (fraction) => said.push(fraction));

  it('says which attempt at which task it is', () => {
    expect(make().handed).to.include({ id: 't1', attempt: 2, epoch: 7 });
  });

  it('keeps a copy of each claim, and nothing where none was made', () => {
    const context = make();
    expect(context.claims).to.equal(undefined);
    const sources = [{ file: 'a.md', line: 2, quote: 'q' }];
    context.handed.claim({ text: 'one', sources });
    sources.pop();
    context.handed.claim({ text: 'two', verdict: 'supported' });
    expect(context.claims).to.deep.equal([
      { text: 'one', sources: [{ file: 'a.md', line: 2, quote: 'q' }] },
      { text: 'two', verdict: 'supported' },
    ]);
  });

  it('refuses a claim that no store would take', () => {
    for (const sources of [
      [{ file: 'a.md', line: 0, quote: 'q' }],
      [{ file: 'a.md', line: 1.5, quote: 'q' }],
    ])
      expect(() => make().handed.claim({ text: 'x', sources })).to.throw(
        ConclaveError,
        'claim.sources[0].line',
      );
    expect(() => make().handed.claim({ text: '' })).to.throw(ConclaveError, 'claim.text');
  });

  it('hands on a fraction, and refuses what is none', () => {
    const context = make();
    context.handed.progress(0);
    context.handed.progress(1);
    expect(said).to.deep.equal([0, 1]);
    for (const wrong of [-0.1, 1.1, Number.NaN])
      expect(() => context.handed.progress(wrong)).to.throw(AssertionError);
  });

  it('hands over an object that can be taken apart', () => {
    const context = make();
    const { claim, id } = context.handed;
    claim({ text: id });
    expect(context.claims).to.deep.equal([{ text: 't1' }]);
  });

  it('aborts its signal whether it was looked at before or after', () => {
    for (const isLookedAt of [true, false]) {
      const context = make();
      const before = isLookedAt ? context.handed.signal : undefined;
      context.abort('not wanted');
      expect(context.handed.signal.aborted).to.equal(true);
      expect(context.handed.signal.reason).to.include({ code: 'Cancelled', message: 'not wanted' });
      if (before !== undefined) expect(context.handed.signal).to.equal(before);
    }
    expect(make().handed.signal.aborted).to.equal(false);
  });
});
