import { expectSame, type Play, perSecond } from '../play.js';
import { onCoalition } from './conclave-tasks.js';

/* Squares by `map`, of which some fail their first try. */

interface RetriesSetting {
  readonly tasks: number;
  /** Which of them fail: each n-th; 0 for none. */
  readonly failsEvery: number;
  readonly concurrency?: number;
}

export const plays = {
  map: ({ tasks, failsEvery, concurrency }: RetriesSetting): Promise<Play> =>
    onCoalition('process', async (coalition) => {
      const payloads = Array.from({ length: tasks }, (_, at) => ({
        n: at + 1,
        fails: failsEvery > 0 && (at + 1) % failsEvery === 0,
      }));
      let retries = 0;
      const listening = coalition.on('task', ({ state }) => {
        if (state === 'retrying') retries += 1;
      });
      const answers: number[] = [];
      const options = concurrency === undefined ? {} : { concurrency };
      const figure = await perSecond(tasks, async () => {
        for await (const answer of coalition.map('shaky', payloads, options)) answers.push(answer);
      });
      listening.unsubscribe();
      expectSame('answers', answers.length, tasks);
      const wrong = answers.findIndex((answer, at) => answer !== (at + 1) ** 2);
      expectSame('the first wrong answer', wrong, -1);
      expectSame('retries', retries, failsEvery > 0 ? Math.floor(tasks / failsEvery) : 0);
      return figure;
    }),
};
