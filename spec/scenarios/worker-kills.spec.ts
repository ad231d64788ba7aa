import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Coalition } from '../../lib/coalition/coalition.js';
import type { WorkerEvent } from '../../lib/coalition/events.js';
import { type Random, randomInteger, seededRandom } from '../../lib/core/random.js';
import type * as Agents from './agents.js';
import { collect, withCoalition, withFolder } from './coalitions.js';
import { killHard } from './processes.js';

const TASKS = 10_000;
const inputs = Array.from({ length: TASKS }, (_, n) => ({ n }));
const squares = inputs.map(({ n }) => n * n);

/** Maps all inputs and kills workers when so many results have come. */
async function mapUnderKills(
  coalition: Coalition<typeof Agents>,
  killAt: ReadonlySet<number>,
  victims: (pids: readonly number[]) => readonly number[],
): Promise<{ results: number[]; killed: number[] }> {
  const results: number[] = [];
  const killed: number[] = [];
  for await (const value of coalition.map('square', inputs)) {
    results.push(value);
    if (!killAt.has(results.length)) continue;
    const pids = coalition.workers.flatMap(({ pid }) =>
      pid === undefined || killed.includes(pid) ? [] : pid,
    );
    for (const pid of victims(pids)) {
      killHard(pid);
      killed.push(pid);
    }
  }
  return { results, killed };
}

function anyOf(random: Random): (pids: readonly number[]) => readonly number[] {
  return (pids) => pids.slice(randomInteger(random, pids.length)).slice(0, 1);
}

describe('workers killed in the middle of a map of 10,000 tasks', function () {
  this.timeout(60_000);

  for (const seed of [1, 2, 3]) {
    it(`loses nothing to kill -9 at random moments (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const killAt = new Set(Array.from({ length: 3 }, () => 1 + randomInteger(random, TASKS - 1_000)));
      await withCoalition({ isolation: 'process' }, async (coalition) => {
        const events: WorkerEvent[] = [];
        coalition.on('worker', (event) => events.push(event));
        const { results, killed } = await mapUnderKills(coalition, killAt, anyOf(random));
        expect(results).to.deep.equal(squares);
        expect(killed.length).to.be.greaterThan(0);
        const deaths = events.filter((event) => event.state === 'crashed').map(({ reason }) => reason);
        expect(deaths).to.deep.equal(killed.map(() => 'signal SIGKILL'));
      });
    });
  }

  it('replaces every worker, also when all are killed at once', async () => {
    await withCoalition({ isolation: 'process' }, async (coalition) => {
      const before = coalition.workers;
      const { results, killed } = await mapUnderKills(coalition, new Set([4_000]), (pids) => pids);
      expect(results).to.deep.equal(squares);
      expect(killed).to.have.members(before.map(({ pid }) => pid));
      expect(coalition.workers).not.to.be.empty;
      for (const { pid } of coalition.workers) expect(killed).not.to.include(pid);
    });
  });

  for (const isolation of ['process', 'thread'] as const) {
    it(`runs the tasks of the dead ${isolation} again, and only those`, () =>
      withFolder(async (folder) => {
        const file = join(folder, 'witness');
        const tasks = inputs.map(({ n }) => ({ n, fatal: 5_000, file }));
        await withCoalition({ isolation }, async (coalition) => {
          expect(await collect(coalition.map('fatalOnce', tasks))).to.deep.equal(squares);
        });
        const runs = new Map<number, number>();
        for (const line of readFileSync(file, 'utf8').trimEnd().split('\n'))
          runs.set(Number(line), (runs.get(Number(line)) ?? 0) + 1);
        expect(runs.size).to.equal(TASKS);
        expect(runs.get(5_000)).to.equal(2);
        /* A worker holds at most its credit: nothing else can have run twice. */
        const again = [...runs.values()].filter((count) => count > 1);
        expect(again.length).to.be.lessThan(257);
        expect(Math.max(...runs.values())).to.equal(2);
      }));
  }
});
