import type { Coalition } from '../../../lib/coalition/coalition.js';
import { createCoalition } from '../../../lib/coalition/create-coalition.js';
import { expectSame, type Play, perSecond } from '../play.js';
import type * as Agents from './agents.js';
import { lonePlay } from './lone.js';
import { expectAnswers, payloadsOf, type Work, works } from './payloads.js';

/* Tasks given to two workers, by each of the ways in which a program can give them. */

/** What a side of the rows about tasks is told. */
export interface TaskSetting {
  readonly isolation: 'process' | 'thread';
  readonly work: Work['agent'];
  /** Tasks a run. */
  readonly tasks: number;
  /** Runs a round, one after the other, where one alone is too short to be measured. */
  readonly runs?: number;
  /** Of `map`: inputs under way at once. */
  readonly concurrency?: number;
}

export type TestCoalition = Coalition<typeof Agents>;

export function openCoalition(isolation: TaskSetting['isolation']): Promise<TestCoalition> {
  return createCoalition<typeof Agents>({
    agents: new URL('./agents.js', import.meta.url),
    workers: 2,
    isolation,
  });
}

/** A play on a coalition that stays from round to round. */
export async function onCoalition(
  isolation: TaskSetting['isolation'],
  round: (coalition: TestCoalition) => Promise<number>,
): Promise<Play> {
  const coalition = await openCoalition(isolation);
  return {
    round: () => round(coalition),
    close: async () => {
      await coalition.shutdown();
    },
  };
}

/** Plays runs of one kind of work and checks every answer; tasks a second. */
async function played(
  { work: name, tasks, runs = 1 }: TaskSetting,
  run: (work: Work, payloads: ReturnType<typeof payloadsOf>) => Promise<unknown[]>,
): Promise<number> {
  const work = works[name];
  const payloads = payloadsOf(work, tasks);
  const all: unknown[][] = [];
  const figure = await perSecond(tasks * runs, async () => {
    for (let count = 0; count < runs; count += 1) all.push(await run(work, payloads));
  });
  for (const answers of all) expectAnswers(work, answers, tasks);
  return figure;
}

export const plays = {
  /** `map` over all of them. */
  map: (setting: TaskSetting): Promise<Play> =>
    onCoalition(setting.isolation, (coalition) =>
      played(setting, async ({ agent }, payloads) => {
        const { concurrency } = setting;
        const answers: unknown[] = [];
        const options = concurrency === undefined ? {} : { concurrency };
        for await (const answer of coalition.map(agent, payloads as never, options)) answers.push(answer);
        return answers;
      }),
    ),

  /** `submitAll`, and every result by the handle of its task. */
  submitAll: (setting: TaskSetting): Promise<Play> =>
    onCoalition(setting.isolation, (coalition) =>
      played(setting, async ({ agent }, payloads) => {
        const tasks = await coalition.submitAll(agent, payloads as never);
        return Promise.all(tasks.map((task) => task.result()));
      }),
    ),

  /** One task at a time, from submit to its result: a percentile of the microseconds that it takes. */
  lone: async ({ isolation, ...setting }: { isolation: TaskSetting['isolation']; percentile: number }) =>
    onCoalition(isolation, (coalition) =>
      lonePlay(setting, async (n) => {
        const task = await coalition.submit('square', { n });
        expectSame('the square', await task.result(), n * n);
      }),
    ),
};
