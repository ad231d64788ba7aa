import { expect } from 'chai';
import { openConnection, type RedisConnection } from '../../../../lib/brokers/redis/connection.js';
import {
  judgeServer,
  readServerFacts,
  type ServerFacts,
} from '../../../../lib/brokers/redis/server-facts.js';
import { parseRedisUrl } from '../../../../lib/brokers/redis/url.js';
import { ConclaveError } from '../../../../lib/core/errors.js';
import { type PrivateRedis, type RedisSettings, startRedis } from '../../../services/redis.js';
import { describeOnRedis } from '../../../services/redis-programs.js';

const best: ServerFacts = {
  version: '7.0.15',
  isReplica: false,
  maxmemoryPolicy: 'noeviction',
  appendonly: true,
  appendfsync: 'always',
};
const NAME = 'redis://host';

function refusalOf(facts: Partial<ServerFacts>, demandsDurable = false): ConclaveError | undefined {
  try {
    judgeServer({ ...best, ...facts }, NAME, demandsDurable);
    return undefined;
  } catch (error) {
    if (error instanceof ConclaveError) return error;
    throw error;
  }
}

describe('what a Redis promises', () => {
  it('is judged by its version', () => {
    const refused = ['', '2.8.24', '5.0.14', '6.0.16'].map((version) => refusalOf({ version })?.message);
    expect(refused.every((message) => message?.includes('6.2 or later is needed'))).to.equal(true);
    const taken = ['6.2.0', '6.10.0', '7.0.15', '8.4.1', '10.0.0'].map((version) => refusalOf({ version }));
    expect(taken).to.deep.equal([undefined, undefined, undefined, undefined, undefined]);
    expect(refusalOf({ version: '5.0.14' })?.code).to.equal('BrokerUnavailable');
  });

  it('is refused where durability is demanded and it has none', () => {
    const file = refusalOf({ appendonly: false }, true);
    expect([file?.code, /--appendonly yes/.test(file?.message ?? '')]).to.deep.equal(['InvalidOption', true]);
    const policy = refusalOf({ maxmemoryPolicy: 'allkeys-lru' }, true);
    expect([policy?.code, /allkeys-lru/.test(policy?.message ?? '')]).to.deep.equal(['InvalidOption', true]);
    expect(refusalOf({ appendfsync: 'everysec', maxmemoryPolicy: undefined }, true)).to.equal(undefined);
    expect(refusalOf({ appendonly: false, maxmemoryPolicy: 'volatile-ttl' })).to.equal(undefined);
  });

  it('comes with a line for whatever can lose messages, and with none where nothing can', () => {
    const lines = (facts: Partial<ServerFacts>) => judgeServer({ ...best, ...facts }, NAME, false);
    expect(lines({})).to.deep.equal([]);
    expect(lines({ appendfsync: 'everysec' })).to.deep.equal([
      'The broker redis://host can lose about the last second on a power failure (appendfsync everysec); always loses nothing.',
    ]);
    expect(lines({ appendfsync: 'no' }).join()).to.match(/some 30 s/);
    expect(lines({ appendfsync: undefined }).join()).to.match(/does not tell when it writes/);
    expect(lines({ appendonly: false, appendfsync: 'everysec' }).join()).to.match(/^[^,]*lost when it ends/);
    expect(lines({ maxmemoryPolicy: 'allkeys-random' }).join()).to.match(
      /throw messages away.*allkeys-random/,
    );
    expect(lines({ maxmemoryPolicy: undefined }).join()).to.match(/does not tell what it does/);
  });
});

describeOnRedis('what a Redis says of itself', (program) => {
  let redis: PrivateRedis | undefined;
  let connection: RedisConnection | undefined;

  async function factsOf(settings: Omit<RedisSettings, 'program'>, user = ''): Promise<ServerFacts> {
    redis = await startRedis({ program, ...settings });
    await redis.command('ACL', 'SETUSER', 'narrow', 'on', '>word', '~*', '+@all', '-config');
    const url = parseRedisUrl(`redis://${user}127.0.0.1:${redis.port}`);
    connection = await openConnection(url, { key: 'any' });
    return readServerFacts(connection);
  }

  afterEach(async () => {
    await connection?.close();
    await redis?.stop();
  });

  it('is its version, its role, its file and what it does when it is full', async () => {
    expect(await factsOf({ appendonly: 'always' })).to.deep.equal({ ...best, version: program.version });
  });

  it('is that it keeps no file, forces it seldom, throws keys away', async () => {
    const facts = await factsOf({ args: ['--maxmemory-policy', 'allkeys-lru', '--appendfsync', 'no'] });
    expect([facts.appendonly, facts.appendfsync, facts.maxmemoryPolicy]).to.deep.equal([
      false,
      'no',
      'allkeys-lru',
    ]);
  });

  it('is that it is a replica', async () => {
    const facts = await factsOf({ args: ['--replicaof', '127.0.0.1', '1'] });
    expect(refusalOf(facts)?.message).to.match(/is a replica/);
  });

  it('is less where CONFIG is forbidden or renamed, and no fault', async () => {
    const forbidden = await factsOf({ appendonly: 'everysec' }, 'narrow:word@');
    expect(forbidden).to.deep.equal({ ...best, version: program.version, appendfsync: undefined });
    await connection?.close();
    await redis?.stop();
    const renamed = await factsOf({ args: ['--rename-command', 'CONFIG', ''] });
    expect([renamed.appendonly, renamed.appendfsync]).to.deep.equal([false, undefined]);
  });
});
