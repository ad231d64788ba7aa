import { defineAgent } from '../../../lib/coalition/define.js';

export const agent = defineAgent({ name: 'agent', handle: () => null });

/* Nothing holds the event loop open: without a bound of ours the program would end here, with exit code 13. */
await new Promise<void>(() => {});
