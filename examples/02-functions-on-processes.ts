// Plain functions on processes: submit one task, or map over many inputs and get the results in order.
//   node dist/examples/02-functions-on-processes.js
import { createCoalition } from 'conclave';
import type * as Agents from './02-agents.js';

// The type argument is what makes names, payloads and results typed.
const coalition = await createCoalition<typeof Agents>({
  agents: new URL('./02-agents.js', import.meta.url),
  workers: 2,
  isolation: 'process', // or 'thread', or 'inline': nothing else changes.
});

const task = await coalition.submit('countWords', { text: 'the quick brown fox' });
console.log(`${await task.result()} words`);

const pid = await (await coalition.submit('whereAmI', undefined)).result();
console.log(`counted in another process: ${pid !== process.pid}`);

function* lines(): Generator<{ text: string }> {
  for (let words = 1; words <= 1_000; words += 1) yield { text: 'word '.repeat(words) };
}
let expected = 1;
let inOrder = true;
for await (const words of coalition.map('countWords', lines())) {
  inOrder &&= words === expected;
  expected += 1;
}
console.log(`${expected - 1} lines counted, in order: ${inOrder}`);

const { completed, abandoned } = await coalition.shutdown();
console.log(`${completed} tasks completed, ${abandoned} abandoned`);
