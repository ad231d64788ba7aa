import { expect } from 'chai';
import { roundRobin } from '../../../../lib/scheduling/round-robin.js';
import type { FakeLink } from '../fakes.js';
import { Bench, batchesOf, plan, toldOf } from './dispatcher-bench.js';
import { ranked, unfair } from './policies.js';

const ONE = { concurrency: 1 };

/** A worker with one fast task behind it, so that its window is wide: `count` tasks are in flight on it. */
async function laden(bench: Bench, id: string, count: number, fields = {}): Promise<FakeLink> {
  const link = bench.join(id);
  await bench.give(1, 1);
  await bench.settle(id, 1, [0]); // in no time: the window is the credit
  await bench.give(2, count + 1, fields);
  return link;
}

async function returned(bench: Bench, id: string, batch: number, at: readonly number[]): Promise<void> {
  bench.dispatcher.takeBack(id, { type: 'returned', batch, at, credit: 0 });
  await bench.clock.settle();
}

describe('recall', () => {
  for (const policy of [unfair, ranked]) {
    it(`takes half of what waits on a busy worker for an idle one, and again (${policy.name})`, async () => {
      const bench = new Bench({}, { ...ONE, policy });
      const a = await laden(bench, 'a', 9);
      expect(batchesOf(a)[1]).to.deep.equal([2, 3, 4, 5, 6, 7, 8, 9, 10]);
      const b = bench.join('b');
      await bench.clock.advance(2);
      expect(toldOf(a)).to.deep.equal([{ type: 'recall', batch: 2, at: [8, 7, 6, 5] }]);
      await bench.clock.advance(50);
      expect(toldOf(a), 'one at a time').to.have.length(1);
      await returned(bench, 'a', 2, [5, 6, 7, 8]);
      expect(batchesOf(b)).to.deep.equal([[7, 8]]);
      await bench.settle('b', 1, [0, 1]);
      await bench.settle('b', 2, [0, 1]);
      expect(batchesOf(b).flat()).to.deep.equal([7, 8, 9, 10]);
      expect(batchesOf(a)).to.have.length(2); // what it gave back does not come back to it
      await bench.clock.advance(2);
      expect(toldOf(a)).to.have.length(2);
      expect(toldOf(a)[1]).to.deep.equal({ type: 'recall', batch: 2, at: [4, 3] });
    });
  }

  it('asks a worker nothing more while it has not answered', async () => {
    const bench = new Bench({}, { ...ONE, policy: unfair });
    const a = await laden(bench, 'a', 9);
    bench.join('b');
    await bench.clock.advance(2);
    await bench.settle('a', 2, [0]);
    await bench.clock.advance(50);
    expect(toldOf(a)).to.have.length(1);
    await returned(bench, 'a', 2, []);
    await bench.clock.advance(2);
    expect(toldOf(a)).to.have.length(2);
  });

  it('leaves tasks where they are under round robin', async () => {
    const bench = new Bench({}, { ...ONE, policy: roundRobin() });
    const a = await laden(bench, 'a', 9);
    bench.join('b');
    await bench.clock.advance(50);
    expect(toldOf(a)).to.deep.equal([]);
  });

  it('waits a moment first: a receive may be under way', async () => {
    const bench = new Bench({}, { ...ONE, policy: unfair });
    const a = await laden(bench, 'a', 3);
    bench.join('b');
    await bench.clock.advance(1);
    expect(toldOf(a)).to.deep.equal([]);
    await bench.settle('a', 2, [0, 1]);
    await bench.clock.advance(50);
    expect(toldOf(a)).to.deep.equal([]); // the last one runs
  });

  it('never recalls what has an ordering key, or a gate', async () => {
    const keyed = new Bench({}, { ...ONE, policy: unfair });
    const a = await laden(keyed, 'a', 4, { orderingKey: 'user-7' });
    keyed.join('b');
    await keyed.clock.advance(50);
    expect(toldOf(a)).to.deep.equal([]);
    const gated = new Bench(
      {},
      { concurrency: 2, policy: unfair, plans: new Map([['shy', plan({ concurrency: 9 })]]) },
    );
    const c = gated.join('c');
    await gated.give(1, 2, { agent: 'shy' });
    await gated.give(3, 4);
    gated.join('d');
    await gated.clock.advance(2);
    expect(toldOf(c)).to.deep.equal([{ type: 'recall', batch: 3, at: [1] }]);
  });

  it('loses nothing when the worker dies before it answers, and hears no answer afterwards', async () => {
    const bench = new Bench({}, { ...ONE, policy: unfair });
    await laden(bench, 'a', 3);
    const b = bench.join('b');
    await bench.clock.advance(2);
    await bench.die('a');
    await returned(bench, 'a', 2, [1, 2]);
    for (let batch = 1; batch <= 3; batch += 1) await bench.settle('b', batch, [0]);
    expect(batchesOf(b)).to.deep.equal([[2], [3], [4]]); // suspects, one by one
    expect(bench.answered).to.deep.equal([1, 2, 3, 4]);
    expect(bench.dispatcher.held).to.equal(0);
  });

  it('takes a task once when its outcome crosses the recall', async () => {
    const bench = new Bench({}, { ...ONE, policy: unfair });
    await laden(bench, 'a', 3);
    const b = bench.join('b');
    await bench.clock.advance(2);
    await bench.settle('a', 2, [0, 1, 2]);
    await returned(bench, 'a', 2, []);
    expect(batchesOf(b)).to.deep.equal([]);
    expect(bench.answered).to.deep.equal([1, 2, 3, 4]);
    expect(bench.dispatcher.held).to.equal(0);
  });

  it('gives back to the broker what comes back once it drains', async () => {
    const bench = new Bench({}, { ...ONE, policy: unfair });
    await laden(bench, 'a', 3);
    bench.join('b');
    await bench.clock.advance(2);
    await bench.dispatcher.returnUnbegun();
    await returned(bench, 'a', 2, [2]);
    expect(bench.dispatcher.held).to.equal(2);
    expect(await bench.depth()).to.equal(3);
  });

  it('settles unseen what nobody wants by the time it comes back', async () => {
    const bench = new Bench({}, { ...ONE, policy: unfair });
    await laden(bench, 'a', 3);
    const b = bench.join('b');
    await bench.clock.advance(2);
    bench.unwanted.add(4);
    await returned(bench, 'a', 2, [2]);
    expect(batchesOf(b)).to.deep.equal([]);
    expect(await bench.depth()).to.equal(2);
  });
});
