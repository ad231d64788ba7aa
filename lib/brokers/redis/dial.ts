import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { Redis, RedisOptions } from 'ioredis';
import { onAbort } from '../../core/abort.js';
import { type Clock, sleep } from '../../core/clock.js';
import { ConclaveError, messageOf } from '../../core/errors.js';
import { AUTH, brokerUnavailable, redisFault, replyCode } from './errors.js';
import type { RedisUrl } from './url.js';

/** The driver's client: here no more than a socket and a parser, for one connection that is never mended. */
export type RedisClient = Redis;

/** The driver's constructor, loaded by whoever opens the broker. */
export type RedisDriver = new (options: RedisOptions) => RedisClient;

/** Where a server is. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** What a connection is made with. */
export interface DialOptions {
  readonly driver: RedisDriver;
  readonly url: RedisUrl;
  /** What people call the server. */
  readonly name: string;
  /** A key of the slot in which all keys are, to be connected to its server where that is a cluster. */
  readonly key: string;
  readonly clock: Clock;
  /** How long all of it may take. */
  readonly connectTimeoutMs: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** A connection that answers, and where it ended up. */
export interface Dialled {
  readonly client: RedisClient;
  readonly address: ServerAddress;
}

/* Of a whole cluster the first answer is right; more happen only while slots move. */
const HOPS_MAX = 5;
const LOADING_LOOK_EVERY_MS = 50;

/**
 * Connects, presents itself, chooses the database, waits while the server loads its files, and in a cluster goes to
 * the server of the key's slot.
 * @throws `BrokerUnavailable` saying why not, `InvalidOption` for a certificate file that cannot be read.
 */
export async function dial(options: DialOptions, from: ServerAddress): Promise<Dialled> {
  const { clock, connectTimeoutMs, name } = options;
  const ca = await readAuthority(options.url);
  const endMs = clock.nowMs() + connectTimeoutMs;
  let address = from;
  for (let hops = 0; hops < HOPS_MAX; hops += 1) {
    const client = clientFor(options, address, ca);
    const next = await within(options, client, endMs, () => present(options, client, endMs));
    if (next === undefined) return { client, address };
    hangUp(client);
    address = { host: next.host === '' ? address.host : next.host, port: next.port };
  }
  throw brokerUnavailable(
    name,
    `its cluster has sent this connection on ${HOPS_MAX} times; see CLUSTER INFO`,
  );
}

/** Closes at once: the driver's own way waits for a server that may be stopped. */
export function hangUp(client: RedisClient): void {
  client.disconnect();
  client.stream?.destroy();
}

/*
 * A driver that repeats nothing: no reconnect and no queue of its own, since after a reconnect it would send again
 * what may have been carried out, and send late what nobody waits for any more.
 */
function clientFor(
  { driver: Driver, url }: DialOptions,
  { host, port }: ServerAddress,
  ca: string | undefined,
): RedisClient {
  return new Driver({
    host,
    port,
    lazyConnect: true,
    retryStrategy: () => null,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    disableClientInfo: true,
    /* All steps have one time-out, here. */
    connectTimeout: 0,
    /* It would keep the process for two seconds after a connection that was refused. */
    disconnectTimeout: 0,
    ...(url.tls ? { tls: tlsOptions(url, ca) } : {}),
  });
}

/** Also in a cluster, whose servers are called by their addresses, the certificate is for the name in the URL. */
function tlsOptions({ host }: RedisUrl, ca: string | undefined) {
  return { ...(isIP(host) === 0 ? { servername: host } : {}), ...(ca === undefined ? {} : { ca }) };
}

/** The steps until the connection can be used; answers where else the key is. */
async function present(
  { url, key, clock, name }: DialOptions,
  client: RedisClient,
  endMs: number,
): Promise<ServerAddress | undefined> {
  await client.connect();
  const credentials = url.credentials();
  if (credentials.length > 0) await step(client, name, AUTH, ...credentials);
  await loaded(client, name, clock, endMs);
  if (url.database > 0) await step(client, name, 'SELECT', String(url.database));
  try {
    await client.call('EXISTS', key);
    return undefined;
  } catch (thrown) {
    if (replyCode(thrown) !== 'MOVED') throw redisFault(thrown, name, 'EXISTS');
    return addressOf(messageOf(thrown), name);
  }
}

async function step(client: RedisClient, name: string, command: string, ...args: string[]): Promise<void> {
  try {
    await client.call(command, ...args);
  } catch (thrown) {
    throw redisFault(thrown, name, command);
  }
}

async function loaded(client: RedisClient, name: string, clock: Clock, endMs: number): Promise<void> {
  for (;;) {
    try {
      await client.call('PING');
      return;
    } catch (thrown) {
      const isOver = clock.nowMs() + LOADING_LOOK_EVERY_MS >= endMs;
      if (replyCode(thrown) !== 'LOADING' || isOver) throw redisFault(thrown, name, 'PING');
    }
    await sleep(clock, LOADING_LOOK_EVERY_MS);
  }
}

/** Of 'MOVED 3999 host:port'; a host that is not said is the one that was asked. */
function addressOf(moved: string, name: string): ServerAddress {
  const place = moved.split(' ')[2] ?? '';
  const colon = place.lastIndexOf(':');
  const port = Number(place.slice(colon + 1));
  if (colon < 0 || !Number.isInteger(port) || port < 1)
    throw brokerUnavailable(name, `it answered '${moved}'`);
  return { host: place.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port };
}

/** Gives the steps their time, and closes the connection when it is over or they fail. */
async function within<Value>(
  { name, url, clock, connectTimeoutMs, signal }: DialOptions,
  client: RedisClient,
  endMs: number,
  steps: () => Promise<Value>,
): Promise<Value> {
  let fault: unknown;
  client.on('error', (error: unknown) => {
    fault ??= error;
  });
  const timer = clock.setTimer(() => {
    const why = url.tls ? 'or does that port not speak TLS' : 'or in a network that answers nothing';
    fault ??= brokerUnavailable(
      name,
      `it did not answer within ${connectTimeoutMs} ms; is it stopped, ${why}?`,
    );
    hangUp(client);
  }, endMs - clock.nowMs());
  const forget = onAbort(signal, () => hangUp(client));
  try {
    signal.throwIfAborted();
    return await steps();
  } catch (thrown) {
    hangUp(client);
    throw redisFault(fault ?? thrown, name, 'connect');
  } finally {
    forget();
    timer.cancel();
  }
}

async function readAuthority({ ca }: RedisUrl): Promise<string | undefined> {
  if (ca === undefined) return undefined;
  try {
    return await readFile(ca, 'utf8');
  } catch (thrown) {
    throw new ConclaveError(
      'InvalidOption',
      `The ca of a rediss:// URL cannot be read: ${messageOf(thrown)}.`,
    );
  }
}
