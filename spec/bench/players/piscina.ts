import { Piscina } from 'piscina';
import { expectSame, type Play, perSecond } from '../play.js';
import { type LoneSetting, lonePlay } from './lone.js';
import { expectAnswers, payloadsOf, type Work, works } from './payloads.js';

/* piscina as its documentation says: a pool of two threads, `run` for each task, and all of them awaited. */

interface PiscinaSetting {
  readonly work: Work['agent'];
  readonly tasks: number;
}

function openPool(name: Work['agent']): Piscina {
  const filename = new URL('./piscina-tasks.js', import.meta.url).href;
  return new Piscina({ filename, name, minThreads: 2, maxThreads: 2 });
}

async function onPool(name: Work['agent'], round: (pool: Piscina) => Promise<number>): Promise<Play> {
  const pool = openPool(name);
  return { round: () => round(pool), close: () => pool.destroy() };
}

export const plays = {
  all: ({ work: name, tasks }: PiscinaSetting): Promise<Play> =>
    onPool(name, async (pool) => {
      const work = works[name];
      const payloads = payloadsOf(work, tasks);
      let answers: unknown[] = [];
      const figure = await perSecond(tasks, async () => {
        answers = await Promise.all(payloads.map((payload) => pool.run(payload)));
      });
      expectAnswers(work, answers, tasks);
      return figure;
    }),

  lone: (setting: LoneSetting): Promise<Play> =>
    onPool('square', (pool) =>
      lonePlay(setting, async (n) => expectSame('the square', await pool.run({ n }), n * n)),
    ),
};
