import { createCoalition } from '../../lib/coalition/create-coalition.js';
import { isConclaveError } from '../../lib/core/errors.js';

/*
 * A whole program around a coalition of one worker:
 *   ask-program.js ISOLATION '[["square",{"n":3}],…]'
 * It submits all these tasks at once and prints what became of them as JSON.
 */
const [isolation = '', tasks = '[]'] = process.argv.slice(2);
const coalition = await createCoalition({
  agents: new URL('./agents.js', import.meta.url),
  isolation: isolation === 'thread' || isolation === 'ray' ? isolation : 'process',
  workers: 1,
  limits: { workerStartMs: 30_000 },
});
const requests = JSON.parse(tasks) as [string, unknown][];
const outcomes = await Promise.all(
  requests.map(async ([agent, payload]) => {
    const task = await coalition.submit(agent, payload);
    return task.result().then(
      (value) => ({ value }),
      (error: unknown) => ({ code: isConclaveError(error) ? error.code : String(error) }),
    );
  }),
);
await coalition.shutdown();
process.stdout.write(JSON.stringify(outcomes));
