import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { openConnection, type RedisConnection } from '../../../../lib/brokers/redis/connection.js';
import { redisScript } from '../../../../lib/brokers/redis/script.js';
import { parseRedisUrl } from '../../../../lib/brokers/redis/url.js';
import { isConclaveError, messageOf } from '../../../../lib/core/errors.js';
import { type PrivateRedis, startRedis } from '../../../services/redis.js';
import { describeOnRedis } from '../../../services/redis-programs.js';

const KEY = '{tenant}:count';
const count = redisScript('count', "return redis.call('INCR', KEYS[1])");
const SLOTS = Array.from({ length: 16_384 }, (_, slot) => slot);

describeOnRedis('a connection to a cluster of Redis', (program) => {
  let home: PrivateRedis;
  let other: PrivateRedis;
  let connection: RedisConnection | undefined;

  const startNode = () => startRedis({ program, args: ['--cluster-enabled', 'yes'] });

  /* A server of a cluster takes no writes in its first two seconds: these do for all. */
  before(async () => {
    [home, other] = await Promise.all([startNode(), startNode()]);
    await home.command('CLUSTER', 'ADDSLOTS', ...SLOTS);
    await other.command('CLUSTER', 'MEET', '127.0.0.1', home.port);
    for (const node of [home, other])
      while (!String(await node.command('CLUSTER', 'INFO')).includes('cluster_state:ok')) await pause(20);
  });

  after(async () => {
    for (const node of [home, other]) await node.stop();
  });

  afterEach(() => connection?.close());

  async function open(node: PrivateRedis): Promise<RedisConnection> {
    connection = await openConnection(parseRedisUrl(node.url), { key: KEY });
    return connection;
  }

  it('is that of any server to the one that has all slots', async () => {
    expect(await (await open(home)).run(count, [KEY], [])).to.equal(1);
    await home.command('DEL', KEY);
  });

  it('is to the server that has the slot of the key, whichever was named, also when the slot moves', async () => {
    const opened = await open(other);
    expect(await opened.run(count, [KEY], [])).to.equal(1);
    expect(await home.command('GET', KEY)).to.equal('1');

    await home.command('DEL', KEY);
    const slot = Number(await home.command('CLUSTER', 'KEYSLOT', KEY));
    const id = String(await other.command('CLUSTER', 'MYID'));
    for (const node of [other, home]) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', id);
    const fault: unknown = await opened.run(count, [KEY], []).catch((error: unknown) => error);
    expect(messageOf(fault)).to.match(/moved these keys.*MOVED/);
    expect(await opened.run(count, [KEY], [])).to.equal(1);
    expect(await other.command('GET', KEY)).to.equal('1');
  });

  it('is a clear fault where slots have no server', async () => {
    const lone = await startNode();
    const fault: unknown = await open(lone).catch((error: unknown) => error);
    await lone.stop();
    expect(isConclaveError(fault, 'BrokerUnavailable') && /CLUSTERDOWN/.test(fault.message)).to.equal(true);
  });
});
