import { createServer } from 'node:net';

/*
 * Below the ports that systems hand out to outgoing connections: nobody takes it while a server is away between
 * two lives. Two runs at once may still draw the same one; who starts a server tries another then.
 */
const PORT_LEAST = 20_000;
const PORT_MOST = 32_000;
const TRIES_MAX = 100;

/** A port of 127.0.0.1 on which nothing listens at this moment. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = PORT_LEAST + Math.floor(Math.random() * (PORT_MOST - PORT_LEAST));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${PORT_LEAST} and ${PORT_MOST} in ${TRIES_MAX} tries`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
