import { startRedis } from '../../services/redis.js';
import { redisPrograms } from '../../services/redis-programs.js';
import type { Suite } from '../row.js';
import { fileRows } from './file-rows.js';
import { redisRows } from './redis-rows.js';

/** The brokers beside what else does their work on the same machine. */
export const brokers: Suite = {
  name: 'brokers',
  open: async () => {
    const program = redisPrograms().at(-1);
    if (program === undefined) {
      const skipped = ['the rows of redis: no redis-server was found; npm run services brings one'];
      return { rows: fileRows, skipped, close: async () => undefined };
    }
    const redis = await startRedis({ program, appendonly: 'everysec' });
    return { rows: [...redisRows(redis), ...fileRows], skipped: [], close: () => redis.stop() };
  },
};
