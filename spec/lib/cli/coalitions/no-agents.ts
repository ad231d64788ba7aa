import { defineCoalition } from '../../../../lib/index.js';

/** Its agents' module is not there. */
export default defineCoalition({ name: 'no-agents', agents: new URL('./nowhere.js', import.meta.url) });
