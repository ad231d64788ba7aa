// An agent that throws is tried again; one that takes its process along is too, and neither harms anybody else.
//   node dist/examples/03-crash-and-retry.js
import { createCoalition, isConclaveError } from 'conclave';
import type * as Agents from './03-agents.js';

const coalition = await createCoalition<typeof Agents>({
  agents: new URL('./03-agents.js', import.meta.url),
  workers: 1,
});
let crashes = 0;
coalition.on('worker', ({ state }) => {
  if (state === 'crashed') crashes += 1;
});
coalition.on('task', (event) => {
  if (event.state === 'retrying' && event.agent === 'moody') console.log(`retrying: ${event.error.message}`);
});

const moody = await coalition.submit('moody', { town: 'Uppsala' });
console.log(await moody.result());

// The good task shares a worker with the bad one; it runs again after the crash, with no attempt counted.
const [bad, good] = await Promise.all([
  coalition.submit('crasher', { fatal: true }),
  coalition.submit('crasher', { fatal: false }),
]);
console.log(await good.result());
try {
  await bad.result();
} catch (error) {
  console.log(`given up: ${isConclaveError(error) ? error.code : error}`);
}

const { completed, deadLettered } = await coalition.shutdown();
console.log(`${completed} completed, ${deadLettered} dead letter; ${crashes} dead workers replaced`);
