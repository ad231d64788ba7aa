import type { Broker } from '../../lib/brokers/contract.js';
import { FileBroker } from '../../lib/brokers/file.js';
import { InMemoryBroker } from '../../lib/brokers/memory.js';
import { RedisBroker } from '../../lib/brokers/redis.js';
import type { BrokerPlace } from './party-plan.js';

/** Small enough that producers meet `full` all the time, and a drain is short. */
const limits = { queueDepthMax: 4_000 };

/** Opens a broker where a round has it. */
export async function openPlace(place: BrokerPlace): Promise<Broker> {
  switch (place.kind) {
    case 'memory':
      return new InMemoryBroker({ limits });
    case 'file':
      return FileBroker.open(place.path, { limits });
    case 'redis':
      return RedisBroker.open(place.url, { tenant: place.tenant, durable: true, limits });
  }
}
