import { expect } from 'chai';
import { defineAgent } from '../../../../lib/coalition/define.js';
import { joinCoalition } from '../../../../lib/coalition/hosts/join-coalition.js';
import type { JoinOptions } from '../../../../lib/coalition/hosts/join-options.js';
import { refusal } from '../../../scenarios/coalitions.js';

const agents = { one: defineAgent({ name: 'one', handle: () => 1 }) };
const options: JoinOptions = { name: 'spec', broker: 'redis://127.0.0.1:1', agents };

describe('joinCoalition', () => {
  it('needs a broker that others share', async () => {
    for (const broker of ['memory', 'file:/nowhere/work.db', 'ray://local']) {
      const { message } = await refusal(joinCoalition({ ...options, broker }), 'InvalidOption');
      expect(message).to.include(`'${broker}' is its owner's alone`);
    }
  });

  it('leaves to the coordinator what is the coordinator’s, and has a worker at least', async () => {
    for (const more of [{ store: 'memory' }, { durable: true }, { workers: 0 }, { wrong: 1 }]) {
      const { message } = await refusal(joinCoalition({ ...options, ...more }), 'InvalidOption');
      expect(message).to.include(Object.keys(more)[0]);
    }
  });

  it('says that its broker is not there, without its password', async () => {
    const broker = 'redis://:secret@127.0.0.1:1';
    const { message } = await refusal(joinCoalition({ ...options, broker }), 'BrokerUnavailable');
    expect(message).not.to.include('secret');
  });
});
