import { strict as assert } from 'node:assert';
import { type Clock, systemClock } from '../../core/clock.js';
import { loadDriver } from '../../core/driver.js';
import { type Random, systemRandom } from '../../core/random.js';
import type { CommandArgs } from './call.js';
import { type LaneOptions, RedisLane } from './lane.js';
import type { RedisScript } from './script.js';
import type { RedisUrl } from './url.js';

/**
 * What the broker says to a Redis. Every call is answered or rejected within its time; while the connection is lost
 * it waits, within that time, for the next one. Nothing is sent a second time once it may have been carried out.
 *
 * Calls reach the server in the order in which they were made, but what is lost with a connection is a gap in it:
 * a call made after one that was rejected may be carried out, and that one not.
 */
export interface RedisConnection {
  /**
   * Runs a script. @throws `BrokerUnavailable` or `Timeout`: the outcome is unknown then, unless the message says
   * that it was not sent; `ShuttingDown` after `close`.
   */
  run(script: RedisScript, keys: readonly string[], args: CommandArgs): Promise<unknown>;
  /** One plain command. @throws as `run`. */
  command(name: string, ...args: readonly (string | number)[]): Promise<unknown>;
  /**
   * A command that waits at the server for a time that its arguments bound (`BLOCK` of XREAD in ms, the last of
   * BLPOP and its kind in seconds), on a connection of its own, opened when first asked for. One at a time: a
   * second waits for the first. @throws as `run`.
   */
  blocking(name: string, ...args: readonly (string | number)[]): Promise<unknown>;
  /** Calls back whenever a lost connection was replaced; answers how to leave. */
  onReconnect(listener: () => void): () => void;
  /** Ends it, and every call with `ShuttingDown`; a second call does nothing. */
  close(): Promise<void>;
}

/** How a connection is opened. */
export interface ConnectionOptions {
  /** A key like those that scripts get: where the server is a cluster, the one that has its slot is connected to. */
  readonly key: string;
  /** What measures time-outs: the machine's (preset), unless replies come by a played clock, too. */
  readonly clock?: Clock;
  /** What spreads reconnects. */
  readonly random?: Random;
  /** How long an answer may take, a lost connection included (preset 5,000). */
  readonly commandTimeoutMs?: number;
  /** How long connecting may take, loading of the server's files included (preset 5,000). */
  readonly connectTimeoutMs?: number;
}

/**
 * Connects to a Redis; the driver is loaded here.
 * @throws `BrokerUnavailable` for one that cannot be reached or used, `InvalidOption` for a certificate file that
 * cannot be read, `DriverMissing` where ioredis is not installed.
 */
export async function openConnection(url: RedisUrl, options: ConnectionOptions): Promise<RedisConnection> {
  const { key, clock = systemClock, random = systemRandom } = options;
  const { commandTimeoutMs = 5_000, connectTimeoutMs = 5_000 } = options;
  const name = url.toString();
  const { Redis } = await loadDriver('ioredis', `broker '${name}'`, () => import('ioredis'));
  const lane = { driver: Redis, url, name, key, clock, random, connectTimeoutMs };
  const connection = new LaneConnection(lane, commandTimeoutMs);
  await connection.open();
  return connection;
}

class LaneConnection implements RedisConnection {
  readonly #options: LaneOptions;
  readonly #commandTimeoutMs: number;
  readonly #listeners = new Set<() => void>();
  readonly #main: RedisLane;
  #blocking: RedisLane | undefined;
  /** The end of the blocking command before. */
  #turn: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: LaneOptions, commandTimeoutMs: number) {
    this.#options = options;
    this.#commandTimeoutMs = commandTimeoutMs;
    this.#main = new RedisLane(options, () => {
      for (const listener of this.#listeners) listener();
    });
  }

  open(): Promise<void> {
    return this.#main.open();
  }

  run(script: RedisScript, keys: readonly string[], args: CommandArgs): Promise<unknown> {
    const timeoutMs = this.#commandTimeoutMs;
    return this.#main.call({ command: script, args: [keys.length, ...keys, ...args], timeoutMs });
  }

  command(name: string, ...args: readonly (string | number)[]): Promise<unknown> {
    return this.#main.call({ command: name, args, timeoutMs: this.#commandTimeoutMs });
  }

  blocking(name: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const timeoutMs = waitMsOf(name, args) + this.#commandTimeoutMs;
    const reply = this.#turn.then(() => this.#blockingLane().call({ command: name, args, timeoutMs }));
    this.#turn = reply.catch(() => undefined);
    return reply;
  }

  onReconnect(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
    this.#main.close();
    this.#blocking?.close();
  }

  #blockingLane(): RedisLane {
    if (this.#blocking !== undefined) return this.#blocking;
    const lane = new RedisLane(this.#options);
    if (this.#isClosed) lane.close();
    else lane.connect();
    this.#blocking = lane;
    return lane;
  }
}

/** How long a blocking command waits at the server. One that waits for ever could never be told from a lost one. */
function waitMsOf(name: string, args: readonly (string | number)[]): number {
  const block = args.findIndex((arg) => String(arg).toUpperCase() === 'BLOCK');
  const isStream = /^XREAD/i.test(name);
  const waitMs = isStream ? Number(args[block + 1]) : Number(args.at(-1)) * 1_000;
  assert(waitMs > 0 && (block >= 0 || !isStream), `${name} must be given a bounded time to wait`);
  return waitMs;
}
