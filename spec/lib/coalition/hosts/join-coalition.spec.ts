import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import type { Broker } from '../../../../lib/brokers/contract.js';
import { InMemoryBroker } from '../../../../lib/brokers/memory.js';
import { defineAgent } from '../../../../lib/coalition/define.js';
import { joinCoalition } from '../../../../lib/coalition/hosts/join-coalition.js';
import type { JoinOptions } from '../../../../lib/coalition/hosts/join-options.js';
import { refusal } from '../../../scenarios/coalitions.js';

const agents = { one: defineAgent({ name: 'one', handle: () => 1 }) };
const options: JoinOptions = { name: 'spec', broker: 'redis://127.0.0.1:1', agents };

/** A broker that tells what it is asked for, by queue, and publishes only some turns later. */
function slowToPublish(tell: (line: string) => void): Broker {
  const inner = new InMemoryBroker();
  return {
    name: 'slow',
    capabilities: { ...inner.capabilities, shared: true },
    publish: async (queue, envelopes) => {
      for (let turns = 0; turns < 20; turns += 1) await turn();
      tell(`published to ${queue}`);
      return inner.publish(queue, envelopes);
    },
    receive: (queue, request) => {
      tell(`receives from ${queue}`);
      return inner.receive(queue, request);
    },
    ack: (queue, receipts) => inner.ack(queue, receipts),
    extend: (queue, receipts, leaseMs) => inner.extend(queue, receipts, leaseMs),
    nack: (queue, refusals) => inner.nack(queue, refusals),
    deadLetters: (queue) => inner.deadLetters(queue),
    depth: (queue) => inner.depth(queue),
    close: (request) => inner.close(request),
  };
}

describe('joinCoalition', () => {
  it('takes no task before it has said that it is here', async () => {
    const said: string[] = [];
    const broker = slowToPublish((line) => said.push(line));
    const pool = await joinCoalition({ ...options, broker, isolation: 'inline' });
    try {
      await turn();
      const about = said.filter((line) => /spec\.(pools|tasks)$/.test(line));
      expect(about).to.deep.equal(['published to spec.pools', 'receives from spec.tasks']);
    } finally {
      await pool.shutdown({ graceMs: 0 });
      await broker.close({ drain: false, deadlineMs: 0 });
    }
  });

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
