import { createServer } from 'node:net';
import { expect } from 'chai';
import type { ErrorCode } from '../../../lib/core/errors.js';
import { RayExecutor, type RayExecutorOptions } from '../../../lib/executors/ray.js';
import { refusal } from '../../scenarios/coalitions.js';
import { childrenOf, commandOf, holdsWithin, killHard, lives } from '../../scenarios/processes.js';
import { needService } from '../../services/needs.js';
import { sharedRay } from '../../services/ray.js';
import { ray } from '../../services/services.js';
import { batchOf, RunningWorker } from './running-worker.js';

const START_MS = 30_000;

describe('the ray executor', function () {
  this.timeout(60_000);

  it('says in one line that no Python has Ray', async () => {
    const executor = new RayExecutor({ python: process.execPath });
    const { message } = await refusal(executor.open(), 'DriverMissing');
    expect(message).to.match(/^Ray needs a Python .*pip install ray, .*$/);
    await executor.close();
  });

  it('says at once that nobody answers at an address', async () => {
    const address = `ray://127.0.0.1:${await freePort()}`;
    const executor = new RayExecutor({ address });
    const { message } = await refusal(executor.open(), 'BrokerUnavailable');
    expect(message).to.include(address);
    await executor.close();
    await refusal(RunningWorker.start(executor), 'ShuttingDown');
  });

  describe('that joins a Ray', () => {
    let address: string;
    let environment: Readonly<Record<string, string>>;

    before(async function () {
      needService(this, ray);
      const { facts } = await sharedRay();
      address = `ray://${facts.address}?join=node`;
      environment = facts.environment;
      Object.assign(process.env, environment);
    });

    after(() => {
      for (const name of Object.keys(environment ?? {})) delete process.env[name];
    });

    async function withExecutor(
      options: RayExecutorOptions,
      body: (executor: RayExecutor) => Promise<void>,
    ): Promise<void> {
      const executor = new RayExecutor({ address, cpus: 0, startMs: START_MS, ...options });
      try {
        await body(executor);
      } finally {
        await executor.close();
      }
    }

    for (const [what, options, code, said] of [
      ['has no place', { cpus: 1_000, startMs: 1_000 }, 'Timeout', /after 1000 ms .*"num_cpus":1000/],
      [
        'finds no Node on its node',
        { nodePath: '/nowhere/node' },
        'WorkerCrashed',
        /^worker-1 did not start on Ray: .*'\/nowhere\/node'/,
      ],
    ] satisfies readonly [string, RayExecutorOptions, ErrorCode, RegExp][]) {
      it(`says why a worker does not start that ${what}`, () =>
        withExecutor(options, async (executor) => {
          const { message } = await refusal(RunningWorker.start(executor), code);
          expect(message).to.match(said);
        }));
    }

    it('takes its workers along when it is closed', () =>
      withExecutor({}, async (executor) => {
        const worker = await RunningWorker.start(executor);
        await worker.ready();
        await executor.close();
        expect(lives(worker.link.pid ?? 0)).to.equal(false);
        expect(await worker.link.exited).to.deep.equal({
          crashed: true,
          reason: 'the Ray bridge ended: it was closed',
        });
      }));

    it('ends what was over a bridge that was killed, and joins with another', () =>
      withExecutor({}, async (executor) => {
        const ofOthers = bridges();
        const worker = await RunningWorker.start(executor);
        await worker.ready();
        worker.link.send(batchOf(1, 'stubborn', [{ ms: 60_000 }]));
        for (const pid of bridges()) if (!ofOthers.includes(pid)) killHard(pid);
        const exit = await worker.link.exited;
        expect(exit).to.deep.equal({ crashed: true, reason: 'the Ray bridge ended: signal SIGKILL' });
        expect(lives(worker.link.pid ?? 0)).to.equal(false);
        worker.link.send({ type: 'drain' });
        worker.link.kill();
        const next = await RunningWorker.start(executor);
        await next.ready();
        next.link.send({ type: 'drain' });
        expect(await next.link.exited).to.deep.equal({ crashed: false, reason: 'exit code 0' });
      }));

    it('gives up a bridge that is stopped, and what was over it', () =>
      withExecutor({}, async (executor) => {
        const ofOthers = bridges();
        const worker = await RunningWorker.start(executor);
        await worker.ready();
        for (const pid of bridges()) if (!ofOthers.includes(pid)) process.kill(pid, 'SIGSTOP');
        const { crashed } = await worker.link.exited;
        expect(crashed).to.equal(true);
        expect(await holdsWithin(1_000, () => !lives(worker.link.pid ?? 0))).to.equal(true);
        expect(bridges()).to.deep.equal(ofOthers);
      }));
  });
});

function bridges(): number[] {
  return childrenOf(process.pid).filter((pid) => commandOf(pid).includes('bridge.py'));
}

/** A port that somebody has just left. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return address.port;
}
