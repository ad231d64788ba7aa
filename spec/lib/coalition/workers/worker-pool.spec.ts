import { expect } from 'chai';
import { type PoolListener, WorkerPool } from '../../../../lib/coalition/workers/worker-pool.js';
import type { Limits } from '../../../../lib/core/limits.js';
import { encode } from '../../../../lib/core/value.js';
import { createSystem } from '../../../../lib/system/system.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { boom, FakeExecutor, type FakeLink, limitsOf, rejection, settledFrame } from '../fakes.js';

const ready = (link: FakeLink) => link.say({ type: 'ready', credit: 9 });

function bench(executor: FakeExecutor, limits: Partial<Limits> = {}, workers = 2) {
  const clock = new ManualClock();
  const told: string[] = [];
  const escalated: unknown[] = [];
  const system = createSystem({ clock, log: () => {} });
  system.on('escalated', ({ supervisor }) => escalated.push(supervisor));
  const listener: PoolListener = {
    ready: (worker, _, credit) => told.push(`${worker} ready ${credit}`),
    gone: (worker, { crashed }) => told.push(`${worker} ${crashed ? 'crashed' : 'left'}`),
    settled: (worker, { batch }) => told.push(`${worker} settled ${batch}`),
    returned: (worker, { batch, at }) => told.push(`${worker} returned ${batch}.${at}`),
    began: (worker, batch, at) => told.push(`${worker} began ${batch}.${at}`),
    record: (worker, { batch, at, key }) => told.push(`${worker} recorded ${batch}.${at} ${key}`),
    hopeless: (error) => pool.fail(error),
    progress: (worker, batch, at, fraction) => told.push(`${worker} ${batch}.${at} ${fraction}`),
  };
  const spec = {
    coalition: 'spec',
    agents: undefined,
    credit: 9,
    concurrency: 1,
    payloadBytesMax: 2 ** 20,
    onceKeysMax: 9,
  };
  const pool: WorkerPool = new WorkerPool({
    system,
    executor,
    workers,
    spec,
    epoch: () => 4,
    listener,
    clock,
    limits: limitsOf(limits),
  });
  const end = async () => {
    pool.kill();
    await system.stop();
    await pool.gone();
    expect(clock.pending, 'timers left').to.equal(0);
  };
  return { clock, pool, told, system, escalated, end };
}

describe('worker pool', () => {
  it('starts its workers, and hands on what they say, in order', async () => {
    const executor = new FakeExecutor(ready);
    const { pool, told, end } = bench(executor);
    await pool.start();
    expect(executor.started.map(({ spec }) => [spec.id, spec.epoch])).to.deep.equal([
      ['worker-1', 4],
      ['worker-2', 4],
    ]);
    const [first] = executor.started;
    first?.link.say(settledFrame(7, [0]));
    first?.link.say({ type: 'progress', batch: 7, at: 1, fraction: 0.5 });
    first?.link.say({ type: 'began', batch: 7, at: 2 });
    first?.link.say({ type: 'returned', batch: 7, at: [3, 4], credit: 2 });
    first?.link.say({ type: 'record', batch: 7, at: 2, key: 'pay', outcome: encode(1) });
    expect(told).to.deep.equal([
      'worker-1 ready 9',
      'worker-2 ready 9',
      'worker-1 settled 7',
      'worker-1 7.1 0.5',
      'worker-1 began 7.2',
      'worker-1 returned 7.3,4',
      'worker-1 recorded 7.2 pay',
    ]);
    expect(pool.workers.map(({ id }) => id)).to.deep.equal(['worker-1', 'worker-2']);
    await end();
  });

  it('is started once each worker is ready, also when one was ready twice', async () => {
    const executor = new FakeExecutor((link, { id }) => {
      if (id === 'worker-1') ready(link);
    });
    const { clock, pool, end } = bench(executor);
    let isStarted = false;
    void pool.start().then(() => {
      isStarted = true;
    });
    await clock.settle();
    executor.started[0]?.link.exit({ crashed: true, reason: 'spec' });
    await clock.settle();
    expect(isStarted).to.equal(false);
    executor.started[1]?.link.say({ type: 'ready', credit: 9 });
    await clock.settle();
    expect(isStarted).to.equal(true);
    await end();
  });

  it('replaces one that died under the same name, and not one that left', async () => {
    const executor = new FakeExecutor(ready);
    const { clock, pool, told, end } = bench(executor);
    await pool.start();
    executor.started[0]?.link.exit({ crashed: true, reason: 'spec' });
    executor.started[1]?.link.exit({ crashed: false, reason: 'done' });
    await clock.settle();
    expect(told.slice(2)).to.deep.equal(['worker-1 crashed', 'worker-2 left', 'worker-1 ready 9']);
    expect(pool.workers.map(({ id }) => id)).to.deep.equal(['worker-1']);
    await end();
  });

  it('fails its start with why agents did not load', async () => {
    const executor = new FakeExecutor((link) => {
      link.say({ type: 'failed', error: { ...boom('no module'), code: 'AgentsNotLoaded' } });
      link.exit({ crashed: true, reason: 'exit code 1' });
    });
    const { pool, end } = bench(executor);
    expect(await rejection(pool.start())).to.include({
      message: 'worker-1 could not load its agents: no module',
      code: 'AgentsNotLoaded',
    });
    await end();
  });

  for (const [how, onStart] of [
    ['die before they are ready', (link: FakeLink) => link.exit({ crashed: true, reason: 'exit code 3' })],
    [
      'cannot be started',
      () => {
        throw new Error('no process');
      },
    ],
  ] as const) {
    it(`fails its start when workers ${how}, without trying for ever`, async () => {
      const executor = new FakeExecutor(onStart);
      const { clock, pool, end } = bench(executor, {}, 1);
      const error = rejection(pool.start());
      await clock.settle();
      expect((await error).message).to.match(/exit code 3|no process/);
      await end();
    });
  }

  it('gives a slow start up after its limit, whether or not its link is known', async () => {
    for (const isLinkLate of [false, true]) {
      let release = () => {};
      const late = new Promise<void>((resolve) => {
        release = resolve;
      });
      const executor = new FakeExecutor(() => (isLinkLate ? late : undefined));
      const { clock, pool, end } = bench(executor, { workerStartMs: 100 }, 1);
      const failed = rejection(pool.start());
      await clock.advance(100);
      if (isLinkLate) release();
      await clock.settle();
      const error = await failed;
      expect(error).to.include({ name: 'Timeout' });
      expect(error.message).to.contain('100 ms (workerStartMs)');
      await end();
    }
  });

  it('gives up when more die than it puts up with', async () => {
    const executor = new FakeExecutor(ready);
    const { clock, pool, escalated, end } = bench(executor, { workerRestarts: 3, restartPeriodMs: 1_000 }, 1);
    await pool.start();
    for (let death = 0; death < 4; death += 1) {
      expect(escalated).to.deep.equal([]);
      executor.started.at(-1)?.link.exit({ crashed: true, reason: 'spec' });
      await clock.settle();
    }
    expect(escalated).to.deep.equal(['pool']);
    expect(executor.started).to.have.length(4);
    await end();
  });

  it('drains: tells all, replaces nobody, and kills who has not left in time', async () => {
    const executor = new FakeExecutor(ready);
    const { clock, pool, told, end } = bench(executor, {}, 3);
    await pool.start();
    let isDrained = false;
    const drained = pool.drain(500).then(() => {
      isDrained = true;
    });
    await clock.settle();
    for (const { link } of executor.started) expect(link.sent).to.deep.equal([{ type: 'drain' }]);
    executor.started[0]?.link.exit({ crashed: true, reason: 'spec' });
    executor.started[1]?.link.exit({ crashed: false, reason: 'done' });
    await clock.advance(499);
    expect(isDrained).to.equal(false);
    await clock.advance(1);
    await drained;
    expect(told.slice(3)).to.deep.equal(['worker-1 crashed', 'worker-2 left', 'worker-3 crashed']);
    expect(executor.started).to.have.length(3);
    await end();
  });

  it('kills who is not ready when it drains', async () => {
    const executor = new FakeExecutor();
    const { clock, pool, end } = bench(executor, {}, 1);
    void pool.start().catch(() => {});
    await clock.settle();
    const drained = pool.drain(500);
    await clock.settle();
    await drained;
    expect(clock.nowMs()).to.equal(0);
    await end();
  });

  it('waits with its end for a worker that is only being started', async () => {
    let release = () => {};
    const executor = new FakeExecutor(
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    const { clock, pool, system } = bench(executor, {}, 1);
    void pool.start();
    await clock.settle();
    await system.stop();
    let isGone = false;
    const gone = pool.gone().then(() => {
      isGone = true;
    });
    await clock.settle();
    expect(isGone).to.equal(false);
    release();
    await gone;
    expect(clock.pending).to.equal(0);
  });
});
