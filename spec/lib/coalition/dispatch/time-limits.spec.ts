import { expect } from 'chai';
import { boom } from '../fakes.js';
import { Bench, batchesOf, plan, toldOf } from './dispatcher-bench.js';
import { unfair } from './policies.js';

const GRACE = { abortGraceMs: 30 };
const HUNG = 'went on after its time was up (timeoutMs) and its signal had aborted (abortGraceMs)';

function timed(concurrency = 4, options = {}): Bench {
  const plans = new Map([
    ['agent', plan()],
    ['slow', plan({ timeoutMs: 100 })],
  ]);
  return new Bench(GRACE, { concurrency, plans, ...options });
}

/** The tasks that nobody waits for any more are cancelled, as their submitter does it. */
async function cancel(bench: Bench, ...seqs: number[]): Promise<void> {
  for (const seq of seqs) bench.unwanted.add(seq);
  bench.dispatcher.ownTasks.cancel(new Set(seqs), 'not needed');
  await bench.clock.settle();
}

describe('time limits', () => {
  it('end a worker whose task goes on after its time and the grace, and blame that task alone', async () => {
    const bench = timed();
    bench.join('a');
    await bench.give(1, 3, { agent: 'slow' });
    await bench.clock.advance(10);
    bench.dispatcher.began('a', 1, 1);
    const b = bench.join('b');
    await bench.clock.advance(129);
    expect(bench.links.has('a')).to.equal(true);
    await bench.clock.advance(1);
    expect(bench.links.has('a')).to.equal(false);
    expect(bench.retried).to.have.length(1);
    expect(bench.retried[0]).to.contain('2 ').and.to.contain(HUNG).and.to.contain('worker a');
    expect(batchesOf(b)).to.deep.equal([[1, 3]]); // at once, and together
    expect(b.batches[0]?.attempts).to.deep.equal([1, 1]);
    await bench.clock.advance(20);
    await bench.fetch();
    expect(b.batches[1]).to.deep.include({ attempts: [2], payloads: ['2'] });
  });

  it('end nobody whose task has settled, or has no limit', async () => {
    const bench = timed();
    bench.join('a');
    await bench.give(1, 1, { agent: 'slow' });
    await bench.give(2, 2);
    bench.dispatcher.began('a', 1, 0);
    bench.dispatcher.began('a', 2, 0);
    await bench.clock.advance(129);
    await bench.settle('a', 1, [0]);
    await bench.clock.advance(10_000);
    expect(bench.links.has('a')).to.equal(true);
  });

  it('are as the task says where it says so itself, and told to its worker', async () => {
    const bench = timed();
    const a = bench.join('a');
    await bench.give(1, 1, { agent: 'slow', tries: { timeoutMs: 500 } });
    await bench.give(2, 2, { agent: 'slow' });
    expect(a.batches.map(({ extras }) => extras)).to.deep.equal([
      [{ at: 0, timeoutMs: 500, recorded: [] }],
      [],
    ]);
    bench.dispatcher.began('a', 1, 0);
    await bench.clock.advance(529);
    expect(bench.links.has('a')).to.equal(true);
    await bench.clock.advance(1);
    expect(bench.links.has('a')).to.equal(false);
  });

  it('send nothing to a worker that is being ended, and its line to others', async () => {
    const bench = timed(1, { policy: { ...unfair, steal: undefined } });
    const a = bench.join('a');
    a.kill = () => {}; // it takes its time to die
    await bench.give(1, 4, { agent: 'slow' });
    const b = bench.join('b');
    bench.dispatcher.began('a', 1, 0);
    await bench.clock.advance(130);
    expect(batchesOf(b)).to.deep.equal([[3, 4]]);
    expect(bench.dispatcher.demand).to.equal(0);
    await bench.settle('a', 1, [1]); // it crossed the end, and counts
    await bench.die('a');
    expect(bench.answered).to.deep.equal([2]);
    expect(bench.retried).to.have.length(1);
    expect(batchesOf(b)).to.deep.equal([[3, 4]]);
  });

  it('make a worker’s own verdict an error of ours', async () => {
    const bench = timed();
    const dead: Error[] = [];
    const sink = {
      answered: async () => {},
      refusalOf: () => undefined,
      kept: () => undefined,
      retried: () => {},
    };
    const strict = timed(4, {
      broker: bench.broker,
      plans: new Map([['agent', plan({ attempts: 1 })]]),
      sink: { ...sink, deadLettered: (_: unknown, error: Error) => dead.push(error) },
    });
    strict.join('w');
    await bench.publish(1, 2);
    strict.dispatcher.accept(
      await bench.broker.receive('spec.tasks', { consumer: 'c', max: 2, waitMs: 0, leaseMs: 1_000 }),
    );
    await strict.settle('w', 1, [], [0], {
      name: 'Timeout',
      code: 'Timeout',
      message: 'too slow',
      cause: boom(),
    });
    await strict.settle('w', 1, [], [1], { name: 'Error', code: 'Timeout', message: 'a socket of its own' });
    expect(dead[0]).to.include({ name: 'Timeout', code: 'Timeout', message: 'too slow' });
    expect(dead[0]?.constructor.name).to.equal('ConclaveError');
    expect(dead[0]?.cause).to.include({ message: 'boom' });
    expect(dead[1]?.constructor.name).to.equal('Error');
  });
});

describe('cancel', () => {
  it('settles what was not sent unseen, in every line', async () => {
    const plans = new Map([
      ['agent', plan()],
      ['narrow', plan({ concurrency: 1 })],
    ]);
    const bench = new Bench({}, { concurrency: 1, plans });
    const a = bench.join('a');
    await bench.give(1, 2, { agent: 'narrow' });
    await bench.give(3, 8);
    await bench.die('a'); // 1 and 3 are suspects
    expect(batchesOf(a).flat()).to.deep.equal([1, 3]);
    await cancel(bench, 1, 2, 3, 4, 5, 6, 7);
    expect(bench.dispatcher.held).to.equal(1);
    expect(await bench.depth()).to.equal(1);
    expect(batchesOf(bench.join('b'))).to.deep.equal([[8]]);
    expect(bench.told).to.deep.include({ type: 'settled', count: 7, demand: 0 });
  });

  it('takes what waits out of the line of a worker that lives', async () => {
    const bench = timed(1);
    const a = bench.join('a');
    await bench.give(1, 5);
    await cancel(bench, 3, 5);
    expect(bench.dispatcher.held).to.equal(3);
    await bench.settle('a', 1, [0, 1]);
    expect(batchesOf(a)).to.deep.equal([[1, 2], [4]]);
  });

  it('aborts what runs, and takes whatever comes back as the end of it', async () => {
    const bench = timed();
    const a = bench.join('a');
    await bench.give(1, 4);
    expect([1, 5].map((seq) => bench.dispatcher.ownTasks.isRunning(seq))).to.deep.equal([true, false]);
    await cancel(bench, 2, 3, 4);
    expect(toldOf(a)).to.deep.equal([{ type: 'cancel', batch: 1, at: [1, 2, 3], reason: 'not needed' }]);
    await bench.settle('a', 1, [0, 1], [2]);
    await bench.settle('a', 1, [], [3], { name: 'Cancelled', code: 'Cancelled', message: 'not needed' });
    expect(bench.answered).to.deep.equal([1]);
    expect([...bench.retried, ...bench.dead]).to.deep.equal([]);
    expect(await bench.depth()).to.equal(0);
    expect(bench.dispatcher.ownTasks.isRunning(1)).to.equal(false);
    await bench.clock.advance(1_000);
    expect(bench.links.has('a')).to.equal(true);
  });

  it('ends the worker of a task that does not hear, and blames nobody', async () => {
    const bench = timed();
    bench.join('a');
    await bench.give(1, 3);
    const b = bench.join('b');
    await cancel(bench, 2);
    await bench.clock.advance(29);
    expect(bench.links.has('a')).to.equal(true);
    await bench.clock.advance(1);
    expect(bench.links.has('a')).to.equal(false);
    expect(batchesOf(b)).to.deep.equal([[1, 3]]);
    expect([...bench.retried, ...bench.dead]).to.deep.equal([]);
    await bench.settle('b', 1, [0, 1]);
    expect(await bench.depth()).to.equal(0);
  });

  it('ends no worker for a task that has not had its turn', async () => {
    const bench = timed(1);
    const a = bench.join('a');
    await bench.give(1, 2);
    await cancel(bench, 2);
    await bench.clock.advance(1_000);
    expect(bench.links.get('a')).to.equal(a);
    await bench.settle('a', 1, [0]);
    await bench.clock.advance(60); // now it has its turn, and does not use it
    expect(bench.links.has('a')).to.equal(false);
    expect(await bench.depth()).to.equal(0);
  });

  it('leaves tasks of other producers alone', async () => {
    const bench = timed();
    const a = bench.join('a');
    await bench.give(1, 2, { producer: 'another' });
    bench.dispatcher.ownTasks.cancel(new Set([1, 2]), 'not needed');
    expect(toldOf(a)).to.deep.equal([]);
    expect(bench.dispatcher.ownTasks.isRunning(1)).to.equal(false);
  });
});
