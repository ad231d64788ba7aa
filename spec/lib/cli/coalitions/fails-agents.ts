import { defineAgent } from '../../../../lib/index.js';

export const broken = defineAgent({
  name: 'broken',
  attempts: 1,
  handle(): never {
    throw new Error('two\nlines');
  },
});

export const fine = defineAgent({ name: 'fine', after: ['broken'], handle: () => ({ fine: true }) });
