import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import {
  type ConnectionOptions,
  openConnection,
  type RedisConnection,
} from '../../../../lib/brokers/redis/connection.js';
import { redisScript } from '../../../../lib/brokers/redis/script.js';
import { parseRedisUrl } from '../../../../lib/brokers/redis/url.js';
import { type Clock, systemClock } from '../../../../lib/core/clock.js';
import { ConclaveError } from '../../../../lib/core/errors.js';
import { FaultProxy } from '../../../services/fault-proxy.js';
import { freePort } from '../../../services/free-port.js';
import { type PrivateRedis, type RedisSettings, startRedis } from '../../../services/redis.js';
import { describeOnRedis } from '../../../services/redis-programs.js';

const append = redisScript('append', "return redis.call('RPUSH', KEYS[1], unpack(ARGV))");
const KEY = '{spec}:list';

/** What a promise is rejected with; fails if it is not. */
async function faultOf(promise: Promise<unknown>): Promise<ConclaveError> {
  const outcome = await promise.then(
    (value: unknown) => `was answered ${String(value)}`,
    (error: unknown) => error,
  );
  if (outcome instanceof ConclaveError) return outcome;
  throw new Error(`expected a ConclaveError: ${String(outcome)}`);
}

describeOnRedis('a connection to Redis', (program) => {
  let redis: PrivateRedis;
  let proxy: FaultProxy | undefined;
  let connection: RedisConnection | undefined;

  async function start(settings: Omit<RedisSettings, 'program'> = {}): Promise<void> {
    redis = await startRedis({ program, ...settings });
  }

  async function open(options: Partial<ConnectionOptions> = {}, url = redis.url): Promise<RedisConnection> {
    connection = await openConnection(parseRedisUrl(url), { key: KEY, ...options });
    return connection;
  }

  async function openThroughProxy(options: Partial<ConnectionOptions> = {}): Promise<RedisConnection> {
    proxy = await FaultProxy.open(redis.port);
    return open(options, `redis://127.0.0.1:${proxy.port}`);
  }

  const list = () => redis.command('LRANGE', KEY, 0, -1);

  afterEach(async () => {
    await connection?.close();
    await proxy?.close();
    await redis?.stop();
    connection = undefined;
    proxy = undefined;
  });

  it('runs commands and scripts in the order of the calls, over flushes of the scripts', async () => {
    await start();
    const { run, command } = bound(await open());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), async (flushes) => {
        await command('DEL', KEY);
        const replies = flushes.map((flush, at) => {
          const flushed = flush ? command('SCRIPT', 'FLUSH') : undefined;
          return [flushed, run(append, [KEY], [at])];
        });
        await Promise.all(replies.flat());
        const stored: unknown = await list();
        expect(stored).to.have.members(flushes.map((_, at) => String(at)));
        if (!flushes.includes(true)) expect(stored).to.deep.equal(flushes.map((_, at) => String(at)));
      }),
      { numRuns: 40 },
    );
  });

  it('sends a script with its source once a connection, so that none has to be sent again', async () => {
    await start();
    const { run } = bound(await open());
    await Promise.all([run(append, [KEY], ['a']), run(append, [KEY], ['b']), run(append, [KEY], ['c'])]);
    await redis.restart();
    while (!(await run(append, [KEY], ['d']).catch(() => false)));
    const stats = String(await redis.command('INFO', 'all'));
    expect([/cmdstat_eval:calls=1,/.test(stats), /NOSCRIPT/.test(stats)]).to.deep.equal([true, false]);
  });

  it('takes text and bytes as they are, and as many arguments as a batch has', async () => {
    await start();
    const { run, command } = bound(await open());
    const bytes = Buffer.from('\r\n$5 "{}" ü\u{1f600}');
    expect(await run(append, [KEY], [bytes, '', 'ü', 1.5])).to.equal(4);
    expect(await list()).to.deep.equal([bytes.toString(), '', 'ü', '1.5']);
    const many = redisScript('many', 'return #ARGV');
    expect(
      await run(
        many,
        [KEY],
        Array.from({ length: 200_000 }, (_, at) => at),
      ),
    ).to.equal(200_000);
    expect(await command('EXISTS', KEY)).to.equal(1);
  });

  it('chooses the database and presents itself', async () => {
    await start({ password: 'p@ss/w:rd %' });
    const { command } = bound(await open({}, `${redis.url}/3`));
    await command('SET', 'chosen', 'yes');
    await redis.command('SELECT', 3);
    expect(await redis.command('GET', 'chosen')).to.equal('yes');
  });

  it('says what is wrong with a password, and shows none', async () => {
    await start({ password: 'right' });
    const place = `127.0.0.1:${redis.port}`;
    const faults = [
      await faultOf(open({}, `redis://:secret-one@${place}`)),
      await faultOf(open({}, `redis://secret-user:secret-one@${place}`)),
      await faultOf(open({}, `redis://${place}`)),
    ];
    expect(faults.map(({ code }) => code)).to.deep.equal(Array(3).fill('BrokerUnavailable'));
    expect(faults[0]?.message).to.match(/refused the user or the password.*WRONGPASS/);
    expect(faults[2]?.message).to.match(/wants a password and the URL has none/);
    for (const fault of faults) expect(everythingIn(fault)).to.not.match(/secret/);
  });

  it('shows no password where the server quotes what it was given', async () => {
    await start({ args: ['--rename-command', 'AUTH', ''] });
    const fault = await faultOf(open({}, `redis://:secret@127.0.0.1:${redis.port}`));
    expect(fault.message).to.match(/AUTH: ERR/);
    expect(everythingIn(fault)).to.not.match(/secret/);
  });

  it('says what is wrong with a database, and with a password where none is wanted', async () => {
    await start();
    expect((await faultOf(open({}, `${redis.url}/999`))).message).to.match(
      /SELECT: ERR DB index is out of range/,
    );
    const fault = await faultOf(open({}, `redis://:secret@127.0.0.1:${redis.port}`));
    expect(fault.message).to.match(/unavailable/);
    expect(everythingIn(fault)).to.not.match(/secret/);
  });

  it('says that nothing listens, or that nothing answers, within its time', async () => {
    await start();
    const nobody = await faultOf(open({}, `redis://127.0.0.1:${await freePort()}`));
    expect([nobody.code, nobody.message]).to.deep.include('BrokerUnavailable');
    expect(nobody.message).to.match(/nothing listens there.*ECONNREFUSED/);
    const unknown = await faultOf(open({}, 'redis://no-such-host.invalid'));
    expect(unknown.message).to.match(/host (is not known|could not be looked up)/);
    redis.pause();
    const startMs = performance.now();
    const stopped = await faultOf(open({ connectTimeoutMs: 200 }));
    expect(stopped.message).to.match(/did not answer within 200 ms/);
    expect(performance.now() - startMs).to.be.lessThan(1_500);
  });

  it('does not keep the process once a connection was refused', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const url = `redis://127.0.0.1:${await freePort()}`;
    const before = timers();
    await faultOf(open({}, url));
    await pause(30);
    expect(timers()).to.be.at.most(before);
  });

  it('says what a server refuses a write with: full memory, a replica', async () => {
    await start({ args: ['--maxmemory', '3mb'] });
    const { run, command } = bound(await open());
    const fault = await faultOf(fill(() => run(append, [KEY], ['x'.repeat(100_000)])));
    expect([fault.code, /memory is full/.test(fault.message)]).to.deep.equal(['BrokerUnavailable', true]);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await redis.command('REPLICAOF', '127.0.0.1', await freePort());
    expect((await faultOf(run(append, [KEY], [1]))).message).to.match(/is a replica.*READONLY/);
    await redis.command('REPLICAOF', 'NO', 'ONE');
    expect(await run(append, [KEY], [1])).to.be.a('number');
    expect(await command('EXISTS', KEY)).to.equal(1);
  });

  it('says what its access rules and its scripts refuse', async () => {
    await start();
    await redis.command('ACL', 'SETUSER', 'narrow', 'on', '>secret', '~{spec}*', '+@all', '-rpush');
    const { run, command } = bound(await open({}, `redis://narrow:secret@127.0.0.1:${redis.port}`));
    const forbidden = await faultOf(command('RPUSH', KEY, 'x'));
    expect(forbidden.message).to.match(/access rules \(ACL\) forbid/);
    const broken = await faultOf(run(redisScript('broken', "return redis.call('NOSUCH')"), [KEY], []));
    expect(broken.message).to.match(/not expected \(broken: ERR/);
    await redis.command('SET', KEY, 'text');
    expect((await faultOf(command('LLEN', KEY))).message).to.match(/another kind.*WRONGTYPE/);
    expect(await command('PING')).to.equal('PONG');
  });

  it('cut after the request and before its reply: unknown, carried out once, and it goes on', async () => {
    await start();
    const { run } = bound(await openThroughProxy());
    await run(append, [KEY], ['first']);
    const cut = proxy?.loseReply('marked');
    const fault = await faultOf(run(append, [KEY], ['marked']));
    await cut;
    expect([fault.code, /what became of it is unknown/.test(fault.message)]).to.deep.equal([
      'BrokerUnavailable',
      true,
    ]);
    expect(await run(append, [KEY], ['after'])).to.equal(3);
    await pause(50);
    expect(await list()).to.deep.equal(['first', 'marked', 'after']);
  });

  it('cut likewise, the driver by itself sends again: the reason why its reconnect is not used', async () => {
    await start();
    proxy = await FaultProxy.open(redis.port);
    const driver = new Redis(proxy.port, '127.0.0.1');
    await driver.rpush(KEY, 'first');
    const cut = proxy.loseReply('marked');
    await driver.rpush(KEY, 'marked');
    await cut;
    driver.disconnect();
    expect(await list()).to.deep.equal(['first', 'marked', 'marked']);
  });

  it('cut in the middle of a request: unknown, not carried out, and it goes on', async () => {
    await start();
    const { run } = bound(await openThroughProxy());
    await run(append, [KEY], ['first']);
    const cut = proxy?.loseRequest('marked');
    expect((await faultOf(run(append, [KEY], ['marked', 'x'.repeat(1_000)]))).code).to.equal(
      'BrokerUnavailable',
    );
    await cut;
    expect(await run(append, [KEY], ['after'])).to.equal(2);
  });

  it('sends nothing twice and nothing late, however often it is cut', async () => {
    await start();
    const { run } = bound(await openThroughProxy());
    const known: string[] = [];
    const unknown: string[] = [];
    const cuts = setInterval(() => proxy?.cut(), 7);
    await Promise.all(
      Array.from({ length: 8 }, async (_, lane) => {
        for (let at = 0; at < 60; at += 1) {
          const text = `${lane}-${at}`;
          const isKnown = await run(append, [KEY], [text]).then(
            () => true,
            () => false,
          );
          (isKnown ? known : unknown).push(text);
        }
      }),
    );
    clearInterval(cuts);
    await pause(100);
    const stored = await list();
    if (!Array.isArray(stored)) throw new Error('the list is gone');
    expect(new Set(stored).size, 'none twice').to.equal(stored.length);
    expect(
      known.filter((text) => !stored.includes(text)),
      'answered, and not there',
    ).to.deep.equal([]);
    expect(unknown.length, 'cut calls').to.be.greaterThan(0);
  });

  it('stopped: a timeout in time, nothing late that was not sent, and it goes on when continued', async () => {
    await start();
    const { run, command } = bound(await open({ commandTimeoutMs: 250, connectTimeoutMs: 250 }));
    await run(append, [KEY], ['first']);
    redis.pause();
    const startMs = performance.now();
    expect((await faultOf(run(append, [KEY], ['unknown']))).code).to.equal('Timeout');
    const fault = await faultOf(run(append, [KEY], ['never']));
    expect([fault.code, /was not sent/.test(fault.message)]).to.deep.equal(['BrokerUnavailable', true]);
    expect(performance.now() - startMs).to.be.lessThan(2_000);
    redis.resume();
    while ((await command('PING').catch(() => undefined)) !== 'PONG') await pause(10);
    await run(append, [KEY], ['after']);
    expect(await list()).to.be.deep.equal(['first', 'unknown', 'after']);
  });

  it('an answer that lies unread while the loop was busy counts', async () => {
    await start();
    const { command } = bound(await open({ commandTimeoutMs: 100 }));
    const reply = command('PING');
    await new Promise((resolve) => setImmediate(resolve));
    const endMs = performance.now() + 300;
    while (performance.now() < endMs);
    expect(await reply).to.equal('PONG');
  });

  it('killed and started again: calls that wait are carried out, and whoever listens hears of it', async () => {
    await start({ appendonly: 'always' });
    const opened = await open();
    const { run } = bound(opened);
    let reconnects = 0;
    const leave = opened.onReconnect(() => {
      reconnects += 1;
    });
    await run(append, [KEY], ['first']);
    await redis.kill();
    await pause(30);
    const waiting = Promise.all([run(append, [KEY], ['a']), run(append, [KEY], ['b'])]);
    await redis.start();
    await waiting;
    expect(await list()).to.deep.equal(['first', 'a', 'b']);
    expect(reconnects).to.equal(1);
    leave();
    await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await run(append, [KEY], ['c']).catch(() => run(append, [KEY], ['c']));
    expect(reconnects).to.equal(1);
  });

  it('waits at the server on a connection of its own, in bounded time', async () => {
    await start();
    const { run, command, blocking } = bound(await openThroughProxy({ commandTimeoutMs: 200 }));
    const waiting = blocking('BLPOP', KEY, 5);
    await command('PING');
    await run(append, [KEY], ['woken']);
    expect(await waiting).to.deep.equal([KEY, 'woken']);
    expect(await blocking('BLPOP', KEY, 0.05)).to.equal(null);
    expect(await blocking('XREAD', 'BLOCK', 50, 'STREAMS', '{spec}:stream', '$')).to.equal(null);
    proxy?.stall();
    expect((await faultOf(blocking('XREAD', 'BLOCK', 50, 'STREAMS', '{spec}:stream', '$'))).code).to.equal(
      'Timeout',
    );
    proxy?.flow();
    expect(() => blocking('XREAD', 'STREAMS', '{spec}:stream', '$')).to.throw(/bounded/);
    expect(() => blocking('BLPOP', KEY, 0)).to.throw(/bounded/);
  });

  it('ends every call when it is closed, and leaves no connection', async () => {
    await start();
    const opened = await openThroughProxy();
    const { run, command, blocking } = bound(opened);
    await run(append, [KEY], ['first']);
    const waiting = faultOf(blocking('BLPOP', '{spec}:nothing', 5));
    while (proxy?.connections !== 2) await pause(5);
    redis.pause();
    const sent = faultOf(command('PING'));
    await opened.close();
    await opened.close();
    expect([(await waiting).code, (await sent).code]).to.deep.equal(['ShuttingDown', 'ShuttingDown']);
    expect((await faultOf(command('PING'))).code).to.equal('ShuttingDown');
    while (proxy.connections > 0) await pause(5);
  });

  it('closed between two looks for a lost server, it leaves no timer', async () => {
    await start();
    const armed = new Set<object>();
    const clock: Clock = {
      ...systemClock,
      setTimer(callback, delayMs) {
        const timer = systemClock.setTimer(() => {
          armed.delete(timer);
          callback();
        }, delayMs);
        armed.add(timer);
        const cancel = () => {
          armed.delete(timer);
          timer.cancel();
        };
        return { cancel };
      },
    };
    const opened = await open({ clock });
    await redis.kill();
    const calls = [faultOf(opened.command('PING')), faultOf(opened.command('PING'))];
    await pause(60);
    expect(armed.size).to.be.greaterThan(0);
    await opened.close();
    await Promise.all(calls);
    await pause(5);
    expect(armed.size).to.equal(0);
  });

  it('closed while it looks for a lost server, it looks no longer', async () => {
    await start();
    const opened = await openThroughProxy({ connectTimeoutMs: 60_000, commandTimeoutMs: 60_000 });
    redis.pause();
    proxy?.cut();
    await faultOf(opened.command('PING'));
    const waiting = faultOf(opened.command('PING'));
    while (proxy?.connections !== 1) await pause(5);
    await opened.close();
    expect((await waiting).code).to.equal('ShuttingDown');
    while (proxy.connections > 0) await pause(5);
  });
});

function bound(connection: RedisConnection): Pick<RedisConnection, 'run' | 'command' | 'blocking'> {
  return {
    run: (...given) => connection.run(...given),
    command: (...given) => connection.command(...given),
    blocking: (...given) => connection.blocking(...given),
  };
}

/** What of an error could reach a log: its text, its stack, its own fields, and those of its causes. */
function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [
    error.stack,
    JSON.stringify({ ...error }),
    error.cause === undefined ? '' : everythingIn(error.cause),
  ].join();
}

/** Repeats until it is rejected. */
async function fill(write: () => Promise<unknown>): Promise<never> {
  for (;;) await write();
}
