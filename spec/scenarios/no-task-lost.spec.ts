import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Coalition } from '../../lib/coalition/coalition.js';
import type * as Agents from './agents.js';
import { collect, withCoalition, withFolder } from './coalitions.js';
import { killHard } from './processes.js';

const TASKS = 1_500;
const KILLS_MAX = 4;
const RUNS = 4;

/** When a worker is killed, and which: by its place among those that live then. */
const kill = fc.record({ afterMs: fc.integer({ min: 0, max: 120 }), place: fc.nat({ max: 1 }) });
const schedule = fc.record({
  kills: fc.array(kill, { minLength: 1, maxLength: KILLS_MAX }),
  concurrencyPerWorker: fc.constantFrom(1, 8),
  submitted: fc.boolean(),
});
type Schedule = typeof schedule extends fc.Arbitrary<infer Value> ? Value : never;

async function killAll(coalition: Coalition<typeof Agents>, { kills }: Schedule): Promise<void> {
  for (const { afterMs, place } of kills) {
    await pause(afterMs);
    const pid = coalition.workers[place]?.pid;
    if (pid !== undefined) killHard(pid);
  }
}

/** Every answer to every accepted task, by task: one by one, or through `map`. */
async function answersOf(
  coalition: Coalition<typeof Agents>,
  file: string,
  isSubmitted: boolean,
): Promise<number[]> {
  const inputs = Array.from({ length: TASKS }, (_, n) => ({ n, file }));
  if (!isSubmitted) return collect(coalition.map('witness', inputs));
  const tasks = await Promise.all(inputs.map((input) => coalition.submit('witness', input)));
  return Promise.all(tasks.map((task) => task.result()));
}

describe('no accepted task is lost while workers are killed at random points', function () {
  this.timeout(120_000);

  it('runs each at least once and answers it exactly once', () =>
    fc.assert(
      fc.asyncProperty(schedule, (plan) =>
        withFolder(async (folder) => {
          const file = join(folder, 'witness');
          let ended = 0;
          await withCoalition(
            { isolation: 'process', concurrencyPerWorker: plan.concurrencyPerWorker },
            async (coalition) => {
              coalition.on('task', ({ state }) => {
                if (state === 'completed') ended += 1;
              });
              const killing = killAll(coalition, plan);
              const answers = await answersOf(coalition, file, plan.submitted);
              await killing;
              expect(answers).to.deep.equal(answers.map((_, n) => n * n));
              expect(answers.length).to.equal(TASKS);
              const report = await coalition.shutdown();
              expect(report).to.deep.equal({
                completed: TASKS,
                requeued: 0,
                deadLettered: 0,
                abandoned: 0,
                cancelled: 0,
              });
            },
          );
          expect(ended).to.equal(TASKS);
          const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
          expect(new Set(lines.map((line) => line.split(' ')[0])).size).to.equal(TASKS);
        }),
      ),
      { numRuns: RUNS, endOnFailure: true },
    ));
});
