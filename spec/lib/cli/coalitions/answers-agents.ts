import { setTimeout as pause } from 'node:timers/promises';
import { defineAgent, type QueryPayload } from '../../../../lib/index.js';

export const first = defineAgent({
  name: 'first',
  async handle({ query, loop }: QueryPayload<string>, context) {
    if (query === 'spin') {
      console.error('spinning');
      for (;;);
    }
    if (query === 'slow') console.error('slow');
    if (query === 'slow') await pause(100);
    context.claim({
      text: `claim on ${query} in loop ${loop}`,
      sources: [{ file: 'a.md', line: 1, quote: 'so it is' }],
      ...(loop === 1 && { verdict: 'supported' }),
    });
    return loop;
  },
});

export const second = defineAgent({
  name: 'second',
  after: ['first'],
  handle: ({ query }: QueryPayload<string>, { state }) => `${query} after ${state.latest('first')}`,
});
