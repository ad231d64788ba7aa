import { defineCoalition } from '../../../../lib/index.js';

/** One of its agents fails for good. */
export default defineCoalition({ name: 'fails', agents: new URL('./fails-agents.js', import.meta.url) });
