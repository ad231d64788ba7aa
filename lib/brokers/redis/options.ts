import type { Clock } from '../../core/clock.js';
import type { Ids } from '../../core/ids.js';
import type { Limits } from '../../core/limits.js';
import { optionsOf, shortText } from '../../core/parse.js';
import type { Random } from '../../core/random.js';

/** How a broker on Redis is opened. */
export interface RedisBrokerOptions {
  /** Whose queues these are: clients of one tenant share them, those of another do not see them. 1 to 256 characters. */
  readonly tenant: string;
  /** Whether a server that may lose what it has accepted is refused (default false). */
  readonly durable?: boolean;
  /** What waits are measured with, and what passes between two looks at the server's time (default: the machine's). */
  readonly clock?: Clock;
  /** What spreads reconnects (default: the machine's). */
  readonly random?: Random;
  /** What names this client (default: the machine's); two clients must never get one name. */
  readonly ids?: Ids;
  /** Bounds other than those of `defaultLimits`. */
  readonly limits?: Partial<Limits>;
  /** For specs: `clock` is all the time there is, to the millisecond, and the server's is not asked (default false). */
  readonly isTimeVirtual?: boolean;
}

const OPTIONS = [
  'tenant',
  'durable',
  'clock',
  'random',
  'ids',
  'limits',
  'isTimeVirtual',
] satisfies (keyof RedisBrokerOptions)[];

/** The options, checked as far as they are this broker's own. @throws `InvalidOption`. */
export function parseRedisOptions(options: RedisBrokerOptions): RedisBrokerOptions {
  const given = optionsOf(options, 'the options of RedisBroker', OPTIONS);
  shortText('tenant', given.tenant);
  return given;
}
