import fastq from 'fastq';
import PQueue from 'p-queue';
import { expectSame, inFlight, type Play, perSecondIn } from '../play.js';
import { partsOf, sumTo } from './work.js';

/*
 * Queues of one process, as their documentations say: each item is pushed, and its promise awaited. A window bounds how
 * many are under way, as memory must; without one they are several times slower.
 */

/** Items that are made, and then pushed. */
const STRETCH = 16_384;

interface WindowSetting {
  readonly messages: number;
  /** Items that are pushed and not done: the next follows each that is done, or all of the next when all are done. */
  readonly window: { readonly width: number; readonly moves: boolean };
  /** Items that are worked on at once. */
  readonly concurrency: number;
}

interface Item {
  readonly n: number;
}

/** A play in which `push` works off an item; each must come once. */
async function pushing(
  { messages, window }: WindowSetting,
  push: (item: Item, done: (n: number) => void) => Promise<unknown>,
): Promise<number> {
  let sum = 0;
  const done = (n: number) => {
    sum += n;
  };
  const figure = await perSecondIn(
    { count: messages, by: STRETCH },
    (first, some) => Array.from({ length: some }, (_, at) => ({ n: first + at + 1 })),
    async (items) => {
      if (window.moves) await inFlight(items, window.width, (item) => push(item, done));
      else
        for (const part of partsOf(items, window.width))
          await Promise.all(part.map((item) => push(item, done)));
    },
  );
  expectSame('the sum of what was worked on', sum, sumTo(messages));
  return figure;
}

export const plays = {
  fastq: async (setting: WindowSetting): Promise<Play> => {
    let sum = (_: number): void => undefined;
    const queue = fastq.promise(async ({ n }: Item) => sum(n), setting.concurrency);
    return {
      round: () =>
        pushing(setting, (item, done) => {
          sum = done;
          return queue.push(item);
        }),
      close: async () => undefined,
    };
  },

  pQueue: async (setting: WindowSetting): Promise<Play> => {
    const queue = new PQueue({ concurrency: setting.concurrency });
    return {
      round: () => pushing(setting, (item, done) => queue.add(async () => done(item.n))),
      close: async () => undefined,
    };
  },
};
