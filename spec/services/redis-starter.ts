import { startRedis } from './redis.js';

/* Starts a server, says where it is, and stays until it is killed. */
const { pid, folder } = await startRedis();
process.stdout.write(`${JSON.stringify({ pid, folder })}\n`);
process.stdin.resume();
setInterval(() => undefined, 1_000);
