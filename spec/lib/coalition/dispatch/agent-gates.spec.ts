import { expect } from 'chai';
import type { Delivery } from '../../../../lib/brokers/contract.js';
import { InMemoryBroker } from '../../../../lib/brokers/memory.js';
import type { DispatcherOptions } from '../../../../lib/coalition/dispatch/dispatcher.js';
import { testEnvelope } from '../../../../lib/testing/envelopes.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { delivery, FakeLink } from '../fakes.js';
import { Bench, batchesOf, plan, QUEUE } from './dispatcher-bench.js';

const LIMITED = { agent: 'limited' };
const NARROW = { agent: 'narrow' };

function narrow(seq: number): Delivery {
  return delivery(seq, { envelope: testEnvelope(seq, NARROW) });
}

function gated(options: Partial<DispatcherOptions> = {}, limits = {}): Bench {
  const plans = new Map([
    ['agent', plan()],
    ['limited', plan({ limit: { max: 2, periodMs: 100 } })],
    ['narrow', plan({ concurrency: 1 })],
  ]);
  return new Bench(limits, { concurrency: 1, plans, ...options });
}

describe('agent gates', () => {
  it('let no more than max begin in a period, while tasks of others pass', async () => {
    const bench = gated({ concurrency: 8 });
    const a = bench.join('a');
    await bench.give(1, 5, LIMITED);
    await bench.give(6, 7);
    expect(batchesOf(a).flat()).to.deep.equal([1, 2, 6, 7]);
    await bench.clock.advance(99);
    expect(batchesOf(a).flat()).to.have.length(4);
    await bench.clock.advance(1);
    expect(batchesOf(a).flat().slice(4)).to.deep.equal([3, 4]);
    await bench.clock.advance(100);
    expect(batchesOf(a).flat().slice(6)).to.deep.equal([5]);
  });

  it('count a try again as a start', async () => {
    const bench = gated();
    const a = bench.join('a');
    await bench.give(1, 1, LIMITED);
    for (let batch = 1; batch <= 2; batch += 1) {
      await bench.settle('a', batch, [], [0]);
      await bench.clock.advance(20);
      await bench.fetch();
    }
    expect(batchesOf(a)).to.deep.equal([[1], [1]]);
    await bench.clock.advance(59);
    expect(batchesOf(a)).to.have.length(2);
    await bench.clock.advance(1);
    expect(batchesOf(a)).to.have.length(3);
  });

  it('let so many run at once, over all workers; an answer, a failure and a crash free the seat', async () => {
    const bench = gated();
    const [a, b] = [bench.join('a'), bench.join('b')];
    await bench.give(1, 4, NARROW);
    const sent = () => [a, b].flatMap((link) => batchesOf(link).flat());
    expect(sent()).to.deep.equal([1]);
    await bench.settle('a', 1, [0]);
    expect(sent()).to.deep.equal([1, 2]);
    await bench.settle('a', 2, [], [0]);
    expect(sent()).to.deep.equal([1, 2, 3]);
    await bench.die('a');
    expect(batchesOf(b)).to.deep.equal([[4]]);
  });

  it('send a task only where it begins at once, and keep a worker free for it', async () => {
    const bench = gated();
    const a = bench.join('a');
    await bench.give(1, 4);
    await bench.give(5, 5, NARROW);
    expect(batchesOf(a)).to.deep.equal([[1, 2]]); // 3 and 4 in line, 5 before its gate
    await bench.settle('a', 1, [0]);
    expect(batchesOf(a)).to.have.length(1); // else what is sent ahead would never let it begin
    await bench.settle('a', 1, [1]);
    expect(batchesOf(a)).to.deep.equal([[1, 2], [5], [3, 4]]);
  });

  it('leave tasks of others their turn, however many wait here and however long each takes', async () => {
    for (const agent of [NARROW, { agent: 'wide' }]) {
      const bench = gated({
        plans: new Map([
          ['narrow', plan({ concurrency: 1 })],
          ['wide', plan({ concurrency: 9 })],
        ]),
      });
      const a = bench.join('a');
      await bench.give(1, 3, agent);
      await bench.clock.advance(500);
      await bench.settle('a', 1, [0]);
      expect(bench.dispatcher.demand, 'while one of these runs').to.equal(2); // which says nothing of the others
      await bench.give(4, 6);
      await bench.settle('a', 2, [0]);
      await bench.settle('a', 3, [0]);
      expect(batchesOf(a)).to.deep.equal([[1], [2], [4], [3], [5, 6]]);
    }
  });

  it('begin a task at once where the lines leave a place free', async () => {
    const bench = gated({ concurrency: 3 });
    const a = bench.join('a');
    await bench.give(1, 1, LIMITED);
    const limited = delivery(2, { envelope: testEnvelope(2, LIMITED) });
    bench.dispatcher.accept([limited, delivery(3)]);
    expect(batchesOf(a)).to.deep.equal([[1], [3], [2]]);
  });

  it('open to larger priorities first, whatever the schedule', async () => {
    const bench = gated();
    const a = bench.join('a');
    await bench.give(1, 3, { ...NARROW, priority: 0 });
    await bench.give(4, 4, { ...NARROW, priority: 9 });
    for (let batch = 1; batch <= 4; batch += 1) await bench.settle('a', batch, [0]);
    expect(batchesOf(a).flat()).to.deep.equal([1, 4, 2, 3]);
  });

  it('take turns among agents', async () => {
    const bench = gated();
    const a = bench.join('a');
    await bench.give(1, 2, NARROW);
    await bench.give(3, 4, LIMITED);
    for (let batch = 1; batch <= 4; batch += 1) await bench.settle('a', batch, [0]);
    expect(batchesOf(a)).to.deep.equal([[1], [3], [2], [4]]);
  });

  it('take no room from others, and give back for a while what is too much', async () => {
    const bench = gated({}, { gatedTasksMax: 3 });
    const a = bench.join('a');
    await bench.give(1, 7, NARROW); // 1 to 3 wait, the others are away for a second
    expect(bench.dispatcher.demand).to.be.above(0);
    expect(bench.dispatcher.held).to.equal(3);
    expect(await bench.broker.depth(QUEUE)).to.include({ delayed: 4, inFlight: 3 });
    await bench.give(8, 8);
    expect(batchesOf(a).flat()).to.deep.equal([1, 8]);
    for (let batch = 1; batch <= 4; batch += 1) await bench.settle('a', batch, [0]);
    await bench.clock.advance(999);
    expect(await bench.fetch()).to.equal(0);
    await bench.clock.advance(1);
    await bench.take(4);
    expect(batchesOf(a).flat()).to.deep.equal([1, 8, 2, 3, 4]);
    expect(bench.retried).to.deep.equal([]);
  });

  it('say how long by the limit, at most 30 s', async () => {
    const plans = new Map([['limited', plan({ limit: { max: 1, periodMs: 8_000 } })]]);
    const bench = gated({ plans }, { gatedTasksMax: 2, leaseMs: 1_000_000 });
    const a = bench.join('a');
    await bench.give(1, 3, LIMITED); // 1 and 2 wait as 3 comes: two periods for them, and one
    expect(batchesOf(a)).to.deep.equal([[1]]);
    await bench.clock.advance(23_999);
    expect((await bench.broker.depth(QUEUE)).delayed).to.equal(1);
    await bench.clock.advance(1);
    expect((await bench.broker.depth(QUEUE)).delayed).to.equal(0);
  });

  it('ask for nothing more when they are full and the broker keeps no delays', async () => {
    for (const delayed of [true, false]) {
      const broker = new InMemoryBroker({ clock: new ManualClock() });
      Object.assign(broker, { capabilities: { ...broker.capabilities, delayed } });
      const { dispatcher } = gated({ broker }, { gatedTasksMax: 3 });
      dispatcher.workerReady('w', new FakeLink(), 256);
      dispatcher.accept([1, 2, 3].map((seq) => narrow(seq)));
      expect(dispatcher.demand).to.equal(2);
      dispatcher.accept([narrow(4)]); // one runs, three wait
      expect(dispatcher.demand).to.equal(delayed ? 2 : 0);
    }
  });

  it('keep suspects to their limit, and let these hold nobody up', async () => {
    const bench = gated();
    bench.join('a');
    await bench.give(1, 1, LIMITED);
    await bench.settle('a', 1, [0]);
    await bench.give(2, 2, LIMITED);
    await bench.give(3, 3);
    await bench.die('a'); // with 2 and 3, and no start left for 2 in this period
    const b = bench.join('b');
    await bench.give(4, 5);
    expect(batchesOf(b)).to.deep.equal([[3]]);
    await bench.settle('b', 1, [0]);
    expect(batchesOf(b)).to.deep.equal([[3], [4, 5]]);
    await bench.settle('b', 2, [0]);
    await bench.give(6, 6); // 2 is a suspect that waits, 5 runs
    expect(batchesOf(b)).to.deep.equal([[3], [4, 5], [6]]);
    await bench.settle('b', 2, [1]);
    await bench.settle('b', 3, [0]);
    await bench.clock.advance(99);
    expect(batchesOf(b)).to.have.length(3);
    await bench.clock.advance(1);
    expect(batchesOf(b).slice(3)).to.deep.equal([[2]]);
  });

  it('give everything back that waits when it drains or closes, and leave no timer', async () => {
    const bench = gated();
    bench.join('a');
    await bench.give(1, 5, LIMITED);
    await bench.dispatcher.returnUnbegun();
    expect(await bench.broker.depth(QUEUE)).to.include({ ready: 4, inFlight: 1 });
    await bench.dispatcher.close();
    expect(await bench.broker.depth(QUEUE)).to.include({ ready: 5, inFlight: 0 });
    expect(bench.clock.pending).to.equal(0);
  });
});
