import { defineAgent } from '../../../lib/coalition/define.js';

/** The least that an agent can do. */
export const square = defineAgent({ name: 'square', handle: ({ n }: { n: number }) => n * n });
