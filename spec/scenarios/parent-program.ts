import { createCoalition } from '../../lib/coalition/create-coalition.js';
import type * as Agents from './agents.js';

/*
 * A program with a coalition, to be killed or to end badly:
 *   parent-program.js ISOLATION WORKERS END FILE
 * It prints the pids of its workers as JSON once every worker does what END says:
 *   idle, spin       stays until it is killed; its workers idle, or spin in user code
 *   exit, throw      ends on its own, by process.exit or an uncaught exception, while one worker spins
 */
const [isolation, workers, end, file = ''] = process.argv.slice(2);
const coalition = await createCoalition<typeof Agents>({
  agents: new URL('./agents.js', import.meta.url),
  isolation: isolation === 'thread' || isolation === 'ray' ? isolation : 'process',
  workers: Number(workers),
  limits: { creditPerWorker: 1, workerStartMs: 30_000 },
});
if (end !== 'idle') {
  for (let count = end === 'spin' ? Number(workers) : 1; count > 0; count -= 1)
    await coalition.submit('spin', { file });
}
process.stdout.write(`${JSON.stringify(coalition.workers.map(({ pid }) => pid ?? 0))}\n`);
process.stdin.once('data', () => {
  if (end === 'exit') process.exit(3);
  if (end === 'throw') throw new Error('nobody catches this');
});
