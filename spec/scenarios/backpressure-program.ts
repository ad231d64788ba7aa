import { createCoalition } from '../../lib/coalition/create-coalition.js';
import type * as Agents from './bulky-agents.js';

/*
 * A producer that could go on for ever before a consumer that is slower by far, in a heap that holds a part of what it
 * makes:
 *   node --max-old-space-size=64 backpressure-program.js map|submit MESSAGES
 * It prints how many were answered.
 */
const [way = '', messages = ''] = process.argv.slice(2);
const total = Number(messages);
const LENGTH = 100_000;
const WINDOW = 16;

const coalition = await createCoalition<typeof Agents>({
  agents: new URL('./bulky-agents.js', import.meta.url),
  isolation: 'process',
  workers: 1,
  limits: { queueDepthMax: WINDOW, workerStartMs: 30_000 },
});
let answered = 0;

async function* endless() {
  for (let n = 0; ; n += 1) yield { text: textOf(n) };
}

/** Each its own, and flat: what nobody holds any more is gone. */
function textOf(n: number): string {
  return Buffer.alloc(LENGTH, `${n} `).toString('latin1');
}

if (way === 'map') {
  for await (const length of coalition.map('chew', endless(), { concurrency: WINDOW })) {
    answered += length === LENGTH ? 1 : 0;
    if (answered === total) break;
  }
} else {
  coalition.on('task', ({ state }) => {
    if (state === 'completed') answered += 1;
  });
  for (let n = 0; n < total; n += 1) await coalition.submit('chew', { text: textOf(n) }, { waitMs: 60_000 });
}
await coalition.shutdown();
process.stdout.write(`${answered}`);
