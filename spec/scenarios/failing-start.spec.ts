import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { createCoalition } from '../../lib/coalition/create-coalition.js';
import type { ErrorCode } from '../../lib/core/errors.js';
import { refusal, withFolder } from './coalitions.js';
import { newChildren } from './processes.js';

const WITHIN_MS = 8_000;

let children = newChildren();

/** The message of the typed error with which a coalition of that module refuses to start, in good time. */
async function refusedStart(
  module: URL,
  code: ErrorCode,
  options: { isolation: 'process' | 'thread'; limits?: Record<string, number> },
): Promise<string> {
  const startedMs = performance.now();
  const starting = createCoalition({ agents: module, workers: 2, ...options });
  const { message } = await refusal(starting, code);
  expect(performance.now() - startedMs).to.be.lessThan(WITHIN_MS);
  expect(children()).to.deep.equal([]);
  return message;
}

const broken = (name: string) => new URL(`./broken/${name}`, import.meta.url);

describe('a coalition that cannot start', function () {
  this.timeout(60_000);

  before(() => {
    children = newChildren();
  });

  for (const isolation of ['process', 'thread'] as const) {
    describe(`in isolation ${isolation}`, () => {
      it('says why the module did not load', async () => {
        const message = await refusedStart(broken('throws.js'), 'AgentsNotLoaded', { isolation });
        expect(message).to.include('throws.js').and.include('no such luck');
      });

      it('says that the module is missing, or TypeScript', async () => {
        const missing = await refusedStart(broken('missing.js'), 'AgentsNotLoaded', { isolation });
        expect(missing).to.include('missing.js').and.include('does not exist');
        const source = await refusedStart(broken('throws.ts'), 'AgentsNotLoaded', { isolation });
        expect(source).to.include('TypeScript').and.include('compiled');
      });

      it('says why a worker alone did not load it', async () => {
        const message = await refusedStart(broken('throws-in-worker.js'), 'AgentsNotLoaded', { isolation });
        expect(message).to.include('not in a worker');
      });

      for (const name of ['never-loads.js', 'never-ready.js', 'spins-at-load.js']) {
        it(`waits no longer than workerStartMs (${name})`, async () => {
          const limits = { workerStartMs: 400 };
          const message = await refusedStart(broken(name), 'Timeout', { isolation, limits });
          expect(message).to.include('workerStartMs');
        });
      }

      it('gives up workers that die at load, at the default limits', async () => {
        const message = await refusedStart(broken('dies-in-worker.js'), 'RestartLimit', { isolation });
        expect(message).to.include('workerStarts').and.include('before it was ready');
      });

      it('gives up workers that die at load, by workerRestarts', async () => {
        const limits = { workerRestarts: 2, restartPeriodMs: 60_000, workerStarts: 1_000 };
        const message = await refusedStart(broken('dies-in-worker.js'), 'RestartLimit', {
          isolation,
          limits,
        });
        expect(message).to.include('workerRestarts');
      });

      it('fails what waits when a running coalition can start no more workers', () =>
        withFolder(async (folder) => {
          const flag = join(folder, 'flag');
          const agents = broken('dies-later.js');
          agents.searchParams.set('flag', flag);
          const coalition = await createCoalition({ agents, isolation, workers: 2 });
          writeFileSync(flag, '');
          const tasks = await Promise.all([1, 2, 3].map(() => coalition.submit('agent', null)));
          for (const task of tasks) await refusal(task.result(), 'RestartLimit');
          await refusal(coalition.submit('agent', null), 'RestartLimit');
          const report = await coalition.shutdown();
          expect(report).to.include({ completed: 0, deadLettered: 0 });
          expect(children()).to.deep.equal([]);
          await pause(50);
          expect(children()).to.deep.equal([]);
        }));
    });
  }
});
