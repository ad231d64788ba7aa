import { defineAgent } from '../../../lib/coalition/define.js';

/* A module that does not load anywhere. */
export const agent = defineAgent({ name: 'agent', handle: () => null });

throw new Error('no such luck');
