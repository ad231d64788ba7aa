import { expect } from 'chai';
import type { AgentContext } from '../../../lib/host/contract.js';
import { lazyContext } from '../../../lib/host/lazy-context.js';
import { StateCopy } from '../../../lib/host/state-copy.js';
import { TaskContext } from '../../../lib/host/task-context.js';

function makerOf() {
  const surroundings = { epoch: 7, state: new StateCopy(), payloadBytesMax: 100, onceKeysMax: 2 };
  const listener = { progress: () => {}, record: () => {} };
  const context = new TaskContext(surroundings, { id: 't1', attempt: 2, recorded: [] }, listener);
  let made = 0;
  class Maker {
    get handed(): AgentContext {
      made += 1;
      return context.handed;
    }
  }
  return { context, lazy: lazyContext(new Maker()), made: () => made };
}

describe('a lazy context', () => {
  it('is made for whoever looks at it, and for nobody else', () => {
    const { lazy, made } = makerOf();
    const kept = [lazy];
    expect(made()).to.equal(0);
    expect(kept[0]?.id).to.equal('t1');
    expect(made()).to.equal(1);
  });

  it('can be taken apart, spread, changed and listed as the context itself', () => {
    const { context, lazy } = makerOf();
    const { claim, signal, ...rest } = lazy;
    claim({ text: 'so' });
    expect(context.claims).to.deep.equal([{ text: 'so' }]);
    expect(signal).to.equal(context.handed.signal);
    expect(rest).to.include({ id: 't1', attempt: 2, epoch: 7 });
    expect({ ...lazy }).to.deep.equal({ ...context.handed });
    expect(Object.keys(lazy)).to.deep.equal(Object.keys(context.handed));
    expect(['once' in lazy, 'twice' in lazy]).to.deep.equal([true, false]);
    expect(JSON.stringify(lazy)).to.equal(JSON.stringify(context.handed));
    expect(Object.getPrototypeOf(lazy)).to.equal(Object.prototype);
    expect(Object.assign(lazy, { mine: 1 })).to.include({ mine: 1 });
    Object.defineProperty(lazy, 'yours', { value: 2, configurable: true });
    expect(Reflect.get(context.handed, 'yours')).to.equal(2);
    expect(Reflect.deleteProperty(lazy, 'mine')).to.equal(true);
    expect('mine' in context.handed).to.equal(false);
  });
});
