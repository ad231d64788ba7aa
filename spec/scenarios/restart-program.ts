import { createCoalition } from '../../lib/coalition/create-coalition.js';
import type * as Agents from './restart-agents.js';

/*
 * One life of a coalition whose queues outlive it:
 *   restart-program.js work BROKER STORE FROM COUNT     submits tasks, and stays until it is killed
 *   restart-program.js ask BROKER STORE FROM COUNT      asks what became of tasks of earlier lives
 * The first prints the number of each task once it is accepted, the second all answers as JSON.
 */
const [what, broker = '', store = '', from = '0', count = '0'] = process.argv.slice(2);
const coalition = await createCoalition<typeof Agents>({
  name: 'restart',
  broker,
  store,
  agents: new URL('./restart-agents.js', import.meta.url),
  isolation: 'thread',
  workers: 2,
  limits: { leaseMs: 1_000, workerStartMs: 30_000 },
});
coalition.on('fault', ({ source, error }) => process.stderr.write(`${source}: ${error}\n`));
const numbers = Array.from({ length: Number(count) }, (_, index) => Number(from) + index);
if (what === 'work') {
  for (const n of numbers) {
    await coalition.submit('note', { n }, { id: `task-${n}` });
    process.stdout.write(`${n}\n`);
  }
} else {
  const answers = numbers.map((n) => coalition.task(`task-${n}`)?.result({ timeoutMs: 8_000 }));
  const answered = await Promise.all(answers);
  await coalition.shutdown();
  process.stdout.write(JSON.stringify(answered));
}
