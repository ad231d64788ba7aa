import { defineAgent } from '../coalition/define.js';

/** The baseline's work: squares an integer. */
export const square = defineAgent({ name: 'square', handle: ({ n }: { n: number }) => n * n });
