import { expect } from 'chai';
import type { Broker } from '../../../../lib/brokers/contract.js';
import { openConnection, type RedisConnection } from '../../../../lib/brokers/redis/connection.js';
import { tenantKeys } from '../../../../lib/brokers/redis/keys.js';
import { StreamsBroker } from '../../../../lib/brokers/redis/streams-broker.js';
import { parseRedisUrl } from '../../../../lib/brokers/redis/url.js';
import { systemIds } from '../../../../lib/core/ids.js';
import { type Limits, parseLimits } from '../../../../lib/core/limits.js';
import type { BrokerFactory, BrokerUnderTest } from '../../../../lib/testing/index.js';
import { type PrivateRedis, sharedRedis } from '../../../services/redis.js';
import type { RedisProgram } from '../../../services/redis-programs.js';
import { DrivenTime, type MortalClock } from './driven-time.js';

/** Brokers on a real Redis of that program, by a clock of their own, each with a tenant of its own. */
export function redisFactory(program: RedisProgram): BrokerFactory {
  return {
    name: `redis ${program.version}`,
    leaseHolders: 'alive',
    async open(limits) {
      const world = new RedisWorld(await sharedRedis(program), limits);
      const broker = await world.another();
      return world.underTest(broker);
    },
  };
}

interface Client {
  readonly broker: StreamsBroker;
  readonly connection: CountedConnection;
  readonly clock: MortalClock;
}

/** The clients of one tenant. */
class RedisWorld {
  readonly #server: PrivateRedis;
  readonly #limits: Limits;
  readonly #time = new DrivenTime();
  readonly #tenant = systemIds.next('spec');
  readonly #clients: Client[] = [];

  constructor(server: PrivateRedis, limits: Partial<Limits>) {
    this.#server = server;
    this.#limits = parseLimits(limits);
  }

  underTest(broker: Broker): BrokerUnderTest {
    return {
      broker,
      advance: (byMs) => this.#time.advance(byMs, () => this.#settle()),
      another: () => this.another(),
      reopen: () => this.#reopen(),
      dispose: () => this.#dispose(),
    };
  }

  async another(): Promise<Broker> {
    const url = parseRedisUrl(this.#server.url);
    const opened = await openConnection(url, { key: tenantKeys(this.#tenant) });
    const connection = new CountedConnection(opened);
    const clock = this.#time.clock();
    const broker = new StreamsBroker({
      name: url.toString(),
      tenant: this.#tenant,
      connection,
      clock,
      limits: this.#limits,
      instance: systemIds.next('redis'),
      durable: true,
      isTimeVirtual: true,
    });
    this.#clients.push({ broker, connection, clock });
    return broker;
  }

  /** The death of the first client, and of all that waited there. */
  async #reopen(): Promise<Broker> {
    const [first] = this.#clients.splice(0, 1);
    await this.#settle();
    first?.clock.kill();
    await first?.connection.close();
    const broker = await this.another();
    const last = this.#clients.pop();
    if (last !== undefined) this.#clients.unshift(last);
    return broker;
  }

  /** Lets everything under way arrive; what one client did wakes those who wait at the others. */
  async #settle(): Promise<void> {
    await this.#quiet();
    for (const { broker } of this.#clients) broker.lookAgain();
    await this.#quiet();
  }

  async #quiet(): Promise<void> {
    for (let still = 0; still < 2; ) {
      await new Promise((resolve) => setImmediate(resolve));
      const isBusy = this.#clients.some(({ connection }) => connection.pending > 0);
      still = isBusy ? 0 : still + 1;
    }
  }

  async #dispose(): Promise<void> {
    expect(this.#time.pending, 'timers left after close').to.equal(0);
    const keys = await this.#server.command('KEYS', `${tenantKeys(this.#tenant)}*`);
    if (Array.isArray(keys) && keys.length > 0) await this.#server.command('UNLINK', ...keys.map(String));
  }
}

/** A connection that says how many calls are under way, the blocking one left out. */
class CountedConnection implements RedisConnection {
  pending = 0;
  readonly #inner: RedisConnection;

  constructor(inner: RedisConnection) {
    this.#inner = inner;
  }

  run(...args: Parameters<RedisConnection['run']>): Promise<unknown> {
    return this.#counted(this.#inner.run(...args));
  }

  command(...args: Parameters<RedisConnection['command']>): Promise<unknown> {
    return this.#counted(this.#inner.command(...args));
  }

  blocking(...args: Parameters<RedisConnection['blocking']>): Promise<unknown> {
    return this.#inner.blocking(...args);
  }

  onReconnect(listener: () => void): () => void {
    return this.#inner.onReconnect(listener);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #counted<Value>(call: Promise<Value>): Promise<Value> {
    this.pending += 1;
    try {
      return await call;
    } finally {
      this.pending -= 1;
    }
  }
}
