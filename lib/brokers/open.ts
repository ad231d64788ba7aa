import type { Clock } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import type { Ids } from '../core/ids.js';
import type { Limits } from '../core/limits.js';
import { schemeOf, unknownBroker } from './broker-word.js';
import type { Broker } from './contract.js';

/** For whom a broker is opened, and on what terms. */
export interface OpenBrokerOptions {
  /** Whose queues they are, where a broker holds those of several. */
  readonly tenant: string;
  /** True refuses a broker that cannot promise that what it accepts survives this process. */
  readonly durable: boolean;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly ids: Ids;
}

/**
 * The broker that a word names, its module and driver loaded only now; a broker that is open already is given back.
 * @throws `InvalidOption` for any other word, or where `durable` is asked of one that is not; `BrokerUnavailable`,
 * `DriverMissing`.
 */
export async function openBroker(word: string | Broker, options: OpenBrokerOptions): Promise<Broker> {
  const broker = typeof word === 'string' ? await openWord(word, options) : word;
  if (!options.durable || broker.capabilities.durable) return broker;
  if (typeof word === 'string') await broker.close({ drain: false, deadlineMs: 0 });
  throw notDurable(broker);
}

async function openWord(word: string, options: OpenBrokerOptions): Promise<Broker> {
  const { tenant, durable, clock, limits, ids } = options;
  switch (schemeOf(word)) {
    case 'file:': {
      const { FileBroker } = await import('./file.js');
      return FileBroker.open(word.slice('file:'.length), { clock, limits });
    }
    case 'redis://':
    case 'rediss://': {
      const { RedisBroker } = await import('./redis.js');
      return RedisBroker.open(word, { tenant, durable, clock, limits, ids });
    }
    case 'ray://': {
      const { RayBroker } = await import('./ray.js');
      return RayBroker.open(word, { tenant, durable, clock, limits, ids });
    }
    case 'memory': {
      const { InMemoryBroker } = await import('./memory.js');
      return new InMemoryBroker({ clock, limits });
    }
    default:
      throw unknownBroker(word);
  }
}

function notDurable({ name }: Broker): ConclaveError {
  return new ConclaveError(
    'InvalidOption',
    `durable: true needs a broker that outlives this process; ${name} keeps nothing. Leave it out, or use ` +
      "another broker: 'file:work.db', say.",
  );
}
