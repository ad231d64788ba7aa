import type { Play } from '../play.js';

interface FakeSetting {
  readonly figures?: readonly number[];
  readonly error?: string;
}

/* Sides that play at once, for the spec of the frame: a figure a round, and a word in between. */
export const plays = {
  counted: async ({ figures = [] }: FakeSetting): Promise<Play> => {
    let round = 0;
    return {
      round: async () => {
        process.stdout.write('a library says something\n');
        const figure = figures[round] ?? 0;
        round += 1;
        return figure;
      },
      close: async () => undefined,
    };
  },
  wrong: async ({ error }: FakeSetting): Promise<Play> => ({
    round: () => Promise.reject(new Error(error)),
    close: async () => undefined,
  }),
  dying: async (): Promise<Play> => ({
    round: () => {
      process.stderr.write('out of luck\n');
      process.exit(1);
    },
    close: async () => undefined,
  }),
};
