import { ConclaveError } from '../core/errors.js';
import { hasMethods, isFields, readable, shown } from '../core/parse.js';
import type { Broker } from './contract.js';

/** How a broker's word begins, and what follows it. */
const SCHEMES = ['file:', 'redis://', 'rediss://', 'ray://'] as const;

/** What a word for a broker begins with; 'memory' is all of it. */
export type BrokerScheme = 'memory' | (typeof SCHEMES)[number];

/** What names a broker: as 'memory', 'file:work.db', 'redis://host:6379/0', 'rediss://…', 'ray://local'. */
export const BROKER_WORDS = "'memory', 'file:PATH', 'redis://…', 'rediss://…' or 'ray://…'";

const BROKER_METHODS = [
  'publish',
  'receive',
  'ack',
  'extend',
  'nack',
  'deadLetters',
  'depth',
  'close',
] satisfies (keyof Broker)[];

/** Of which kind a broker's word is; undefined where it is none. */
export function schemeOf(word: string): BrokerScheme | undefined {
  if (word === 'memory') return word;
  return SCHEMES.find((scheme) => word.startsWith(scheme) && word.length > scheme.length);
}

/**
 * A broker's word, or a broker, as it was given: whether it can be opened is found out where it is.
 * @throws `InvalidOption` with the words that there are; of a wrong one it shows nothing that could be a password.
 */
export function parseBroker(broker: unknown = 'memory'): string | Broker {
  if (typeof broker === 'string') {
    if (schemeOf(broker) !== undefined) return broker;
  } else if (isBroker(broker)) return broker;
  throw unknownBroker(broker);
}

/** The refusal of what names no broker. */
export function unknownBroker(found: unknown): ConclaveError {
  const expected = `${BROKER_WORDS}, or a Broker`;
  return new ConclaveError('InvalidOption', `broker must be ${expected}, not ${harmless(found)}.`);
}

/** Whether several processes can have the broker open at once, and share its queues. */
export function isShared(broker: string | Broker): boolean {
  if (typeof broker !== 'string') return broker.capabilities.shared;
  const scheme = schemeOf(broker);
  return scheme === 'redis://' || scheme === 'rediss://';
}

/** The file in which a broker keeps what it holds, as its word names it; undefined where it names none. */
export function fileOf(word: string): string | undefined {
  const scheme = schemeOf(word);
  if (scheme === 'file:') return word.slice(scheme.length);
  if (scheme !== 'ray://' || !URL.canParse(word)) return undefined;
  return new URL(word).searchParams.get('ledger') ?? undefined;
}

function isBroker(value: unknown): value is Broker {
  if (!hasMethods('broker', value, BROKER_METHODS)) return false;
  return readable('broker', () => isFields(value) && isFields(value.capabilities));
}

/** As much of a wrong word as cannot be a secret: one with a mark that URLs have may hold a password. */
function harmless(found: unknown): string {
  if (typeof found !== 'string' || !/[:@/]/.test(found)) return shown(found);
  const scheme = /^[a-z]{1,16}:/i.exec(found)?.[0];
  return scheme === undefined ? 'a text that is none of them' : `one that begins with '${scheme}'`;
}
