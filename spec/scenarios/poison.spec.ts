import { expect } from 'chai';
import type { Coalition, CoalitionEvents } from '../../lib/index.js';
import type * as Agents from './agents.js';
import { askProgram } from './ask.js';
import { refusal, withCoalition } from './coalitions.js';

type Task = CoalitionEvents['task'];

/** A poisonous task among good ones, in the same batch: `place` of `count`. */
async function submitAround(coalition: Coalition<typeof Agents>, count: number, place: number) {
  return Promise.all(
    Array.from({ length: count }, (_, at) => coalition.submit('poison', { fatal: at === place, ms: 1 })),
  );
}

describe('a task that takes its worker along', function () {
  this.timeout(60_000);

  for (const isolation of ['process', 'thread'] as const) {
    it(`is a dead letter after its attempts, and harms no batch-mate (${isolation})`, () =>
      withCoalition({ isolation, workers: 2, limits: { creditPerWorker: 8 } }, async (coalition) => {
        const events: Task[] = [];
        const crashes: string[] = [];
        coalition.on('task', (event) => events.push(event));
        coalition.on('worker', (event) => event.state === 'crashed' && crashes.push(event.worker));
        const tasks = await submitAround(coalition, 40, 17);
        const guilty = tasks[17];
        if (guilty === undefined) throw new Error('no task');
        const error = await refusal(guilty.result(), 'WorkerCrashed');
        expect(error.message).to.include(guilty.id);
        const mates = tasks.filter((task) => task !== guilty);
        /* A mate answers with its attempt: none was counted against it. */
        expect(await Promise.all(mates.map((task) => task.result()))).to.deep.equal(mates.map(() => 1));
        expect(events.filter(({ state }) => state === 'failed').map(({ id }) => id)).to.deep.equal([
          guilty.id,
        ]);
        const retries = events.filter(({ state }) => state === 'retrying');
        expect(retries.map(({ id }) => id)).to.deep.equal([guilty.id, guilty.id]);
        /* Once with its mates, then alone on each of its 3 attempts, though others wait to share a batch with it. */
        expect(crashes).to.have.lengthOf(4);
        const report = await coalition.shutdown();
        expect(report).to.include({ completed: 39, deadLettered: 1, abandoned: 0 });
      }));
  }

  it('fills the heap of its own process alone', async () => {
    const mates = Array.from({ length: 20 }, (_, n) => ['square', { n }] as const);
    const { outcomes } = await askProgram('process', [...mates, ['hog', undefined], ...mates], {
      NODE_OPTIONS: '--max-old-space-size=32',
    });
    const squares = mates.map(([, { n }]) => ({ value: n * n }));
    expect(outcomes).to.deep.equal([...squares, { code: 'WorkerCrashed' }, ...squares]);
  });
});
