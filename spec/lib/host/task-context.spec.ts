import { AssertionError } from 'node:assert';
import { expect } from 'chai';
import { ConclaveError } from '../../../lib/core/errors.js';
import type { TaskExtra } from '../../../lib/core/frame.js';
import { type Encoded, encode } from '../../../lib/core/value.js';
import { StateCopy } from '../../../lib/host/state-copy.js';
import { TaskContext } from '../../../lib/host/task-context.js';

describe('task context', () => {
  const said: number[] = [];
  const surroundings = { epoch: 7, state: new StateCopy(), payloadBytesMax: 100, onceKeysMax: 2 };
  const records: unknown[] = [];
  const listener = {
    progress: (fraction: number) => said.push(fraction),
    record: (key: string, outcome: Encoded) => records.push([key, outcome]),
  };
  const make = (recorded: TaskExtra['recorded'] = []) =>
    new TaskContext(surroundings, { id: 't1', attempt: 2, recorded }, listener);

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
      context.abort(new ConclaveError('Cancelled', 'not wanted'));
      context.abort(new ConclaveError('Timeout', 'too late for a second reason'));
      expect(context.handed.signal.aborted).to.equal(true);
      expect(context.handed.signal.reason).to.include({ code: 'Cancelled', message: 'not wanted' });
      if (before !== undefined) expect(context.handed.signal).to.equal(before);
    }
    expect(make().handed.signal.aborted).to.equal(false);
  });

  it('keeps the outcomes of effects with what earlier tries recorded', async () => {
    const context = make([['before', encode(1)]]);
    expect(await context.handed.once('before', () => 2)).to.equal(1);
    const { once } = context.handed;
    const outcome = once('now', () => ({ a: 3 }));
    await Promise.resolve().then(() => undefined);
    context.recorded('now');
    expect(await outcome).to.deep.equal({ a: 3 });
    expect(records).to.deep.equal([['now', '{"a":3}']]);
  });

  it('records nothing once it has ended', async () => {
    const context = make();
    const outcome = context.handed.once('late', () => 5);
    context.end();
    expect(await outcome).to.equal(5);
    expect(records.flat()).not.to.include('late');
  });
});
