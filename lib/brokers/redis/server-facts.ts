import { ConclaveError } from '../../core/errors.js';
import type { RedisConnection } from './connection.js';
import { brokerUnavailable, replyCode } from './errors.js';

/** When the append-only file is forced to the disk. */
export type AppendFsync = 'always' | 'everysec' | 'no';

/** What of a server decides what can be promised on it; undefined where it does not tell. */
export interface ServerFacts {
  /** As '6.2.14'. */
  readonly version: string;
  /** Whether it follows another, and takes no writes. */
  readonly isReplica: boolean;
  /** What it does when its memory is full. */
  readonly maxmemoryPolicy: string | undefined;
  /** Whether it keeps an append-only file. */
  readonly appendonly: boolean;
  /** When it forces that file to the disk. */
  readonly appendfsync: AppendFsync | undefined;
}

/** Asks the server. CONFIG is often forbidden or renamed: what only it tells is undefined then. @throws as `run`. */
export async function readServerFacts(connection: RedisConnection): Promise<ServerFacts> {
  const info = fieldsOf(String(await connection.command('INFO')));
  return {
    version: info.get('redis_version') ?? '',
    isReplica: info.get('role') === 'slave',
    maxmemoryPolicy: info.get('maxmemory_policy'),
    appendonly: info.get('aof_enabled') === '1',
    appendfsync: await appendFsync(connection),
  };
}

/**
 * What follows from the facts, a line each, for whoever runs the server.
 * @throws `BrokerUnavailable` for a server that cannot be used, `InvalidOption` where durability is demanded and
 * the server does not give it.
 */
export function judgeServer(facts: ServerFacts, name: string, demandsDurable: boolean): readonly string[] {
  const { version, isReplica, appendonly, maxmemoryPolicy } = facts;
  if (!isRecent(version))
    throw brokerUnavailable(
      name,
      `its version is ${version === '' ? 'not told' : version}; Redis 6.2 or later is needed`,
    );
  if (isReplica) throw brokerUnavailable(name, 'it is a replica and takes no writes; name the master');
  if (demandsDurable && !appendonly) throw notDurable(name, 'keeps no append-only file', '--appendonly yes');
  if (demandsDurable && maxmemoryPolicy !== undefined && maxmemoryPolicy !== NO_EVICTION)
    throw notDurable(name, `throws keys away when its memory is full (${maxmemoryPolicy})`, EVICTION_OFF);
  return [...warningsOfEviction(maxmemoryPolicy), ...warningsOfFile(facts)].map(
    (warning) => `The broker ${name} ${warning}.`,
  );
}

const NO_EVICTION = 'noeviction';
const EVICTION_OFF = '--maxmemory-policy noeviction';
const VERSION_LEAST = [6, 2] as const;

function warningsOfEviction(policy: string | undefined): readonly string[] {
  if (policy === undefined)
    return [
      `does not tell what it does when its memory is full; messages are safe only with ${EVICTION_OFF}`,
    ];
  if (policy === NO_EVICTION) return [];
  return [
    `may throw messages away when its memory is full (maxmemory-policy ${policy}); set ${EVICTION_OFF}`,
  ];
}

function warningsOfFile({ appendonly, appendfsync }: ServerFacts): readonly string[] {
  if (!appendonly)
    return ['keeps no append-only file: what it holds is lost when it ends; --appendonly yes keeps it'];
  switch (appendfsync) {
    case 'always':
      return [];
    case 'everysec':
      return [
        'can lose about the last second on a power failure (appendfsync everysec); always loses nothing',
      ];
    case 'no':
      return ['can lose what its system had not written yet on a power failure, some 30 s (appendfsync no)'];
    case undefined:
      return ['does not tell when it writes to its disk (CONFIG GET appendfsync is not allowed)'];
  }
}

function notDurable(name: string, what: string, setting: string): ConclaveError {
  return new ConclaveError(
    'InvalidOption',
    `Durability was demanded (durable: true) and the broker ${name} ${what}. Start the server with ${setting}, or do without.`,
  );
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [majorLeast, minorLeast] = VERSION_LEAST;
  return major > majorLeast || (major === majorLeast && minor >= minorLeast);
}

async function appendFsync(connection: RedisConnection): Promise<AppendFsync | undefined> {
  try {
    const reply = await connection.command('CONFIG', 'GET', 'appendfsync');
    const value: unknown = Array.isArray(reply) ? reply[1] : undefined;
    return value === 'always' || value === 'everysec' || value === 'no' ? value : undefined;
  } catch (error) {
    if (replyCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Lines of 'field:value'; headings and what else has no colon is left out. */
function fieldsOf(info: string): ReadonlyMap<string, string> {
  const pairs = info.split(/\r?\n/).flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
  });
  return new Map(pairs);
}
