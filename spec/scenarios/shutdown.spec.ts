import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Coalition } from '../../lib/coalition/coalition.js';
import type { ShutdownOptions, ShutdownReport } from '../../lib/coalition/drain.js';
import type * as Agents from './agents.js';
import { isolations, refusal, withCoalition, withFolder } from './coalitions.js';
import { holdsWithin, newChildren } from './processes.js';

/* A worker that was told to leave is killed after 2 s. */
const ENDED_WITHIN_MS = 6_000;

let children = newChildren();

async function shutDown(
  coalition: Coalition<typeof Agents>,
  options: ShutdownOptions,
): Promise<ShutdownReport> {
  const startedMs = performance.now();
  const report = await coalition.shutdown(options);
  expect(performance.now() - startedMs).to.be.lessThan(ENDED_WITHIN_MS);
  expect(children()).to.deep.equal([]);
  return report;
}

function sum({ completed, requeued, deadLettered, abandoned, cancelled }: ShutdownReport): number {
  return completed + requeued + deadLettered + abandoned + cancelled;
}

function holds(file: string, text: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').includes(text);
}

for (const isolation of isolations) {
  describe(`shutdown in isolation ${isolation}`, function () {
    this.timeout(60_000);

    before(() => {
      children = newChildren();
    });

    it("finishes what is queued (drain 'queue')", () =>
      withCoalition({ isolation }, async (coalition) => {
        const tasks = await Promise.all(
          Array.from({ length: 600 }, (_, n) => coalition.submit('square', { n })),
        );
        const slow = await coalition.submit('stubborn', { ms: 200 });
        const report = await shutDown(coalition, {});
        expect(report).to.include({ completed: 601, abandoned: 0 });
        expect(await Promise.all(tasks.map((task) => task.result()))).to.deep.equal(
          tasks.map((_, n) => n * n),
        );
        expect(await slow.result()).to.equal('done');
        await refusal(coalition.submit('square', { n: 1 }), 'ShuttingDown');
      }));

    it("finishes what was begun alone (drain 'inFlight')", () =>
      withCoalition({ isolation, limits: { creditPerWorker: 1 } }, async (coalition) => {
        const first = await coalition.submit('stubborn', { ms: 50 });
        const tasks = await Promise.all(
          Array.from({ length: 40 }, () => coalition.submit('stubborn', { ms: 150 })),
        );
        await first.result();
        const report = await shutDown(coalition, { drain: 'inFlight' });
        /* The first, and those of two workers: one that ran, and perhaps one that ended or began just then. */
        expect(report.completed).to.be.within(2, 5);
        expect(report.abandoned).to.equal(41 - report.completed);
        expect(sum(report)).to.equal(41);
        const done = tasks.filter(({ state }) => state === 'completed');
        expect(done).to.have.lengthOf(report.completed - 1);
        for (const task of tasks) if (!done.includes(task)) await refusal(task.result(), 'ShuttingDown');
      }));

    it('aborts a handler when the grace is over', () =>
      withFolder(async (folder) => {
        const file = join(folder, 'said');
        await withCoalition({ isolation }, async (coalition) => {
          const task = await coalition.submit('polite', { file });
          expect(await holdsWithin(5_000, () => holds(file, 'begun'))).to.equal(true);
          const report = await shutDown(coalition, { graceMs: 0 });
          expect(report).to.include({ completed: 0, abandoned: 1 });
          await refusal(task.result(), 'ShuttingDown');
        });
        expect(readFileSync(file, 'utf8')).to.equal('begun\nCancelled\n');
      }));

    it('does not wait for a handler that looks at nothing', () =>
      withCoalition({ isolation }, async (coalition) => {
        const tasks = await Promise.all(
          Array.from({ length: 5 }, () =>
            coalition.submit('stubborn', { ms: isolation === 'inline' ? 500 : 60_000 }),
          ),
        );
        const report = await shutDown(coalition, { graceMs: 0 });
        expect(report).to.include({ completed: 0, abandoned: 5 });
        for (const task of tasks) await refusal(task.result(), 'ShuttingDown');
      }));

    it('adds up when a map is left and another one is cut off', () =>
      withCoalition({ isolation }, async (coalition) => {
        const inputs = Array.from({ length: 2_000 }, (_, n) => ({ n }));
        let taken = 0;
        for await (const _ of coalition.map('square', inputs, { concurrency: 100 })) {
          taken += 1;
          if (taken === 150) break;
        }
        const slow = coalition.map('stubborn', Array(9).fill({ ms: 400 }), { concurrency: 9 });
        const cutOff = refusal(slow.next(), 'ShuttingDown');
        await new Promise(setImmediate);
        const report = await shutDown(coalition, { graceMs: 0 });
        await cutOff;
        expect(report.abandoned).to.equal(9);
        expect(report.completed).to.be.within(150, 250);
        expect(report.completed + report.cancelled).to.be.within(150, 250);
        expect(await coalition.shutdown()).to.equal(report);
      }));

    if (isolation === 'inline') return;

    it('kills workers that spin in user code', () =>
      withFolder(async (folder) => {
        const file = join(folder, 'spun');
        await withCoalition({ isolation }, async (coalition) => {
          for (let count = 0; count < 3; count += 1) await coalition.submit('spin', { file });
          expect(await holdsWithin(5_000, () => holds(file, 'spinning\nspinning'))).to.equal(true);
          const report = await shutDown(coalition, { graceMs: 0 });
          expect(report).to.include({ completed: 0, abandoned: 3 });
        });
      }));
  });
}
