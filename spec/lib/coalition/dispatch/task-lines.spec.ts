import { expect } from 'chai';
import { testEnvelope } from '../../../../lib/testing/envelopes.js';
import { delivery } from '../fakes.js';
import { Bench, batchesOf } from './dispatcher-bench.js';
import { ranked, unfair } from './policies.js';

const ONE = { concurrency: 1 };

describe('task lines', () => {
  it('let a worker with nothing steal from the tail of a line, in order', async () => {
    const bench = new Bench({}, { ...ONE, policy: unfair });
    const a = bench.join('a');
    await bench.give(1, 10);
    expect(batchesOf(a)).to.deep.equal([[1, 2]]);
    const b = bench.join('b');
    expect(batchesOf(b)).to.deep.equal([[7, 8]]); // half of eight is 7 to 10, of which two are sent
    await bench.clock.advance(80);
    await bench.settle('b', 1, [0, 1]); // 40 ms each: one at a time now
    expect(batchesOf(b)).to.deep.equal([[7, 8], [9]]);
    await bench.clock.advance(40);
    await bench.settle('b', 2, [0]);
    await bench.clock.advance(40);
    await bench.settle('b', 3, [0]);
    expect(batchesOf(b).slice(2)).to.deep.equal([[10], [5]]);
    expect(batchesOf(a)).to.deep.equal([[1, 2]]);
  });

  it('let nobody steal what has an ordering key, nor count it', async () => {
    const bench = new Bench({}, { ...ONE, policy: unfair });
    const a = bench.join('a');
    await bench.give(1, 3);
    for (const seq of [4, 6, 8]) {
      await bench.give(seq, seq, { orderingKey: `user-${seq}` });
      await bench.give(seq + 1, seq + 1);
    }
    const b = bench.join('b');
    expect(batchesOf(b)).to.deep.equal([[7, 9]]); // of 3, 5, 7 and 9
    await bench.settle('b', 1, [0, 1]);
    expect(batchesOf(b).flat()).to.have.members([7, 9, 3, 5]);
    await bench.settle('a', 1, [0, 1]);
    expect(batchesOf(a).flat()).to.deep.equal([1, 2, 4, 6, 8]);
  });

  it('let no worker be idle while a task waits in a line, however many join', async () => {
    const bench = new Bench({}, { ...ONE, policy: unfair });
    bench.join('a');
    await bench.give(1, 40);
    for (const id of ['b', 'c', 'd', 'e']) {
      bench.join(id);
      expect(batchesOf(bench.links.get(id)).flat()).to.have.length(2);
    }
  });

  it('ask nobody to steal while no line is longer than its worker has room for', async () => {
    let asked = 0;
    const policy = {
      ...unfair,
      steal: () => {
        asked += 1;
        return undefined;
      },
    };
    const bench = new Bench({}, { ...ONE, policy });
    bench.join('a');
    bench.join('b');
    await bench.give(1, 2); // both to a, which has room for them
    await bench.settle('a', 1, [0, 1]);
    expect(asked).to.equal(0);
    await bench.give(3, 300); // more than a's credit: now there is something to steal
    expect(asked).to.be.above(0);
  });

  it('serve the common line by rank, FIFO among equals, one each before anybody gets a second', async () => {
    const bench = new Bench({}, { ...ONE, policy: ranked });
    const priorities = [4, 4, 9, 0, 9, 5, 4, 4];
    bench.dispatcher.accept(
      priorities.map((priority, at) => delivery(at + 1, { envelope: testEnvelope(at + 1, { priority }) })),
    );
    const sent = ['a', 'b', 'c', 'd'].map((id) => batchesOf(bench.join(id)));
    expect(sent).to.deep.equal([[[3, 5]], [[6, 1]], [[2, 7]], [[8, 4]]]);
  });

  it('deal what waits evenly to workers that fall free together', async () => {
    const bench = new Bench({}, { ...ONE, policy: ranked });
    const links = ['a', 'b', 'c'].map((id) => bench.join(id));
    await bench.give(1, 4);
    expect(links.map(batchesOf)).to.deep.equal([[[1, 4]], [[2]], [[3]]]);
  });

  it('give everybody what runs at once before anybody gets what would wait', async () => {
    const bench = new Bench({}, { concurrency: 2, policy: ranked });
    const a = bench.join('a');
    await bench.give(1, 1);
    const b = bench.join('b');
    await bench.give(2, 4);
    expect([batchesOf(a), batchesOf(b)]).to.deep.equal([[[1], [2]], [[3, 4]]]);
  });

  it('place in turn what the policy fails to place, say so, and lose nothing', async () => {
    for (const [place, message] of [
      [
        () => {
          throw new Error('no idea');
        },
        'failed in place: no idea',
      ],
      [() => ({ state: 0, workers: [] }), 'it placed 0 of 4 tasks'],
      [() => ({ state: 0, workers: [0, 1, 2, 0] }), 'it named worker 2 of 2 (from 0)'],
      [() => ({ state: 0, workers: [0, 1, 0.5, 0] }), 'it named worker 0.5 of 2'],
      [() => undefined as never, 'failed in place: '],
    ] as const) {
      const bench = new Bench({}, { policy: { name: 'odd', initial: 0, place } });
      const [a, b] = [bench.join('a'), bench.join('b')];
      await bench.give(1, 4);
      expect(bench.errors).to.have.length(1);
      expect(bench.errors[0]).to.include({ code: 'InvalidOption' });
      expect(String(bench.errors[0])).to.contain('"odd"').and.to.contain(message);
      expect([batchesOf(a), batchesOf(b)].map((sent) => sent.flat().length)).to.deep.equal([2, 2]);
    }
  });

  it('ask a policy no more to steal once its theft was none, and say so once', async () => {
    for (const theft of [
      { state: 0, victim: 7, count: 1 },
      { state: 0, victim: 1, count: 1 }, // itself
      { state: 0, victim: 0, count: 0 },
      { state: 0, victim: 0, count: 1.5 },
    ]) {
      const bench = new Bench({}, { ...ONE, policy: { ...unfair, steal: () => theft } });
      bench.join('a');
      await bench.give(1, 8);
      const b = bench.join('b');
      await bench.give(9, 12);
      expect(bench.errors, JSON.stringify(theft)).to.have.length(1);
      expect(String(bench.errors[0])).to.contain('"unfair" failed in steal');
      expect(batchesOf(b)).to.deep.equal([]);
      expect(bench.dispatcher.held).to.equal(12);
    }
  });

  it('are first come, first served once a rank was no number', async () => {
    const bench = new Bench({}, { policy: { ...ranked, rank: () => Number.NaN } });
    await bench.publish(1, 3);
    const a = bench.join('a');
    await bench.take(3);
    expect(batchesOf(a)).to.deep.equal([[1, 2, 3]]);
    expect(bench.errors.map(String)).to.have.length(1);
    expect(String(bench.errors[0])).to.contain('failed in rank: a rank must be a number, not NaN');
  });
});
