// A coalition inside an HTTP server (hono): wait for a result or come back for it, and stop without losing a request.
//   PORT=8080 node dist/examples/04-http-server.js
//   curl -X POST localhost:8080/primes -d '{"below":1000}'
//   curl -X POST 'localhost:8080/primes?later' -d '{"below":1000}'    then    curl localhost:8080/tasks/ID
import { serve } from '@hono/node-server';
import { createCoalition, isConclaveError } from 'conclave';
import { Hono } from 'hono';
import type * as Agents from './04-agents.js';

const coalition = await createCoalition<typeof Agents>({
  agents: new URL('./04-agents.js', import.meta.url),
  workers: 2,
  limits: { queueDepthMax: Number(process.env.QUEUE ?? 1_000) },
});

const app = new Hono();
let isStopping = false;

app.use(async (context, next) => {
  await next();
  if (isStopping) context.header('connection', 'close'); // else a kept connection would keep the server for seconds
});

app.post('/primes', async (context) => {
  const payload = await context.req.json();
  if (context.req.query('later') !== undefined) {
    const { id } = await coalition.submit('countPrimes', payload);
    return context.json({ id }, 202, { location: `/tasks/${id}` });
  }
  // A client that hangs up takes its task along: its signal cancels it.
  const task = await coalition.submit('countPrimes', payload, { signal: context.req.raw.signal });
  return context.json(await task.result());
});

app.get('/tasks/:id', async (context) => {
  const task = coalition.task(context.req.param('id'));
  if (task === undefined) return context.json({ error: 'no such task, or it ended too long ago' }, 404);
  const { id, state, attempt } = task;
  return context.json({ id, state, attempt, ...(state === 'completed' && { result: await task.result() }) });
});

app.onError((error, context) => {
  if (error instanceof SyntaxError) return context.json({ error: 'the body is no JSON' }, 400);
  if (!isConclaveError(error)) throw error;
  const { code, message } = error;
  if (code === 'InvalidPayload' || code === 'NotSerializable')
    return context.json({ code, error: message }, 400);
  // Too much to do, or about to stop: somebody else may have room, or we later.
  if (code === 'QueueFull' || code === 'ShuttingDown')
    return context.json({ code, error: message }, 503, { 'retry-after': '1' });
  return context.json({ code, error: message }, 500);
});

const server = serve(
  { fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 8_080) },
  (info) => console.log(`listening on http://127.0.0.1:${info.port}`),
);

/* No new connection; what was accepted is finished and answered; then the process has nothing left and exits 0. */
async function stop(): Promise<void> {
  isStopping = true;
  const closed = new Promise((resolve) => server.close(resolve));
  const { completed, cancelled, abandoned } = await coalition.shutdown({ graceMs: 10_000, drain: 'queue' });
  await closed;
  console.log(`stopped: ${completed} completed, ${cancelled} cancelled, ${abandoned} abandoned`);
}
process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());
