import { RayBridge } from '../../../lib/ray/bridge.js';
import { startRedis } from '../../services/redis.js';
import { redisPrograms } from '../../services/redis-programs.js';
import { ray } from '../../services/services.js';
import type { OpenSuite, Suite } from '../row.js';
import { fileRows } from './file-rows.js';
import { rayRows } from './ray-rows.js';
import { redisRows } from './redis-rows.js';

/** The brokers beside what else does their work on the same machine. */
export const brokers: Suite = {
  name: 'brokers',
  parts: [
    { name: 'redis', open: openRedis },
    { name: 'file', open: async () => ({ rows: fileRows, skipped: [], close: async () => undefined }) },
    { name: 'ray', open: openRay },
  ],
};

async function openRedis(): Promise<OpenSuite> {
  const program = redisPrograms().at(-1);
  if (program === undefined) return absent('no redis-server was found');
  const redis = await startRedis({ program, appendonly: 'everysec' });
  return { rows: redisRows(redis), skipped: [], close: () => redis.stop() };
}

async function openRay(): Promise<OpenSuite> {
  const python = ray.find();
  if (python === undefined) return absent('no Python with Ray was found');
  const bridge = await RayBridge.start({ address: { kind: 'local' }, python });
  return { rows: rayRows(bridge, python), skipped: [], close: () => bridge.close() };
}

function absent(why: string): OpenSuite {
  return { rows: [], skipped: [`${why}: npm run services brings it`], close: async () => undefined };
}
