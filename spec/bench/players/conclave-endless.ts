import { setTimeout as sleep } from 'node:timers/promises';
import { expectSame, type Play } from '../play.js';
import { onCoalition, type TestCoalition } from './conclave-tasks.js';

/* Squares without end for some seconds, on two processes; in one of the plays one of them is killed half-way. */

interface EndlessSetting {
  readonly forMs: number;
  readonly concurrency?: number;
}

const WORKERS = 2;
const LOOK_EVERY = 256;
const POLL_MS = 10;

/** Tasks for that long. */
function* numbered(forMs: number): Generator<{ readonly n: number }> {
  const endMs = performance.now() + forMs;
  for (let n = 1; n % LOOK_EVERY !== 0 || performance.now() < endMs; n += 1) yield { n };
}

/** Squares for that long; answers a second, each checked to be the next. */
async function squared(coalition: TestCoalition, { forMs, concurrency }: EndlessSetting): Promise<number> {
  const options = concurrency === undefined ? {} : { concurrency };
  const beganMs = performance.now();
  let count = 0;
  for await (const answer of coalition.map('square', numbered(forMs), options)) {
    count += 1;
    if (answer !== count * count) throw new Error(`task ${count} answered ${answer}`);
  }
  return (count * 1_000) / (performance.now() - beganMs);
}

export const plays = {
  undisturbed: (setting: EndlessSetting): Promise<Play> =>
    onCoalition('process', (coalition) => squared(coalition, setting)),

  killed: (setting: EndlessSetting): Promise<Play> =>
    onCoalition('process', async (coalition) => {
      while (coalition.workers.length < WORKERS) await sleep(POLL_MS);
      let crashes = 0;
      const listening = coalition.on('worker', ({ state }) => {
        if (state === 'crashed') crashes += 1;
      });
      const timer = setTimeout(
        () => process.kill(coalition.workers[0]?.pid ?? 0, 'SIGKILL'),
        setting.forMs / 2,
      );
      const figure = await squared(coalition, setting);
      clearTimeout(timer);
      listening.unsubscribe();
      expectSame('workers that were killed', crashes, 1);
      return figure;
    }),
};
