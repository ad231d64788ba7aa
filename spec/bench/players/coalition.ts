import { createCoalition } from '../../../lib/coalition/create-coalition.js';
import { expectSame, msOf, type Play } from '../play.js';
import type * as Agents from './agents.js';

interface CoalitionSetting {
  readonly broker: string;
  readonly workers: number;
}

export const plays = {
  /** From nothing to the first answer; the modules are loaded by then, as a program that starts loads them once. */
  start: async ({ broker, workers }: CoalitionSetting): Promise<Play> => ({
    round: async () => {
      let coalition: Awaited<ReturnType<typeof createCoalition<typeof Agents>>> | undefined;
      let answer: unknown;
      const figure = await msOf(async () => {
        coalition = await createCoalition<typeof Agents>({
          agents: new URL('./agents.js', import.meta.url),
          broker,
          workers,
          name: 'bench',
        });
        const task = await coalition.submit('square', { n: 12 });
        answer = await task.result();
      });
      await coalition?.shutdown();
      expectSame('the answer', answer, 144);
      return figure;
    },
    close: async () => undefined,
  }),
};
