import { parseAdapters } from '../../core/adapters.js';
import { systemClock } from '../../core/clock.js';
import { parseLimits } from '../../core/limits.js';
import { openConnection } from './connection.js';
import { tenantKeys } from './keys.js';
import type { RedisBrokerOptions } from './options.js';
import { judgeServer, readServerFacts } from './server-facts.js';
import { StreamsBroker } from './streams-broker.js';
import { parseRedisUrl } from './url.js';

/** A broker and what its server's settings mean for it. */
export interface OpenedStreams {
  readonly broker: StreamsBroker;
  readonly warnings: readonly string[];
}

/** Connects, looks at the server, and makes the broker. @throws as `RedisBroker.open`. */
export async function openStreams(text: string, options: RedisBrokerOptions): Promise<OpenedStreams> {
  const { tenant, durable = false, isTimeVirtual = false, limits, ...given } = options;
  const url = parseRedisUrl(text);
  const { clock, random, ids } = parseAdapters(given);
  const name = url.toString();
  const key = tenantKeys(tenant);
  // Real replies come by real time, whatever clock the queues are told.
  const connection = await openConnection(url, { key, random, clock: isTimeVirtual ? systemClock : clock });
  try {
    const facts = await readServerFacts(connection);
    const warnings = judgeServer(facts, name, durable);
    const instance = ids.next('redis');
    const broker = new StreamsBroker({
      ...{ name, tenant, connection, clock, instance, isTimeVirtual },
      limits: parseLimits(limits),
      durable: facts.appendonly,
    });
    return { broker, warnings };
  } catch (fault) {
    await connection.close();
    throw fault;
  }
}
