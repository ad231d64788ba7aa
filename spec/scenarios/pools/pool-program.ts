import { joinCoalition } from '../../../lib/coalition/hosts/join-coalition.js';

/* A pool with a short lease, until it is told to leave or killed: URL, name, agents' module, lease. */
const [broker = '', name = '', module = '', leaseMs = ''] = process.argv.slice(2);
const pool = await joinCoalition({
  broker,
  name,
  agents: new URL(module, import.meta.url),
  isolation: 'thread',
  workers: 1,
  limits: { leaseMs: Number(leaseMs) },
});
pool.on('fault', () => {}); // what befalls it is looked at from outside
console.log('joined');
process.once('SIGTERM', async () => {
  console.log(JSON.stringify(await pool.shutdown()));
});
