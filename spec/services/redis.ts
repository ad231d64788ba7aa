import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { type RedisProgram, redisPrograms } from './redis-programs.js';
import { WatchedChild } from './watched-child.js';

/** How a private server is set up. */
export interface RedisSettings {
  /** Which one; undefined: the oldest found. */
  readonly program?: RedisProgram;
  /** Whether and when it writes its append-only file (preset 'no'). */
  readonly appendonly?: 'no' | 'everysec' | 'always';
  readonly password?: string;
  /** Further directives, as '--maxmemory', '4mb'. */
  readonly args?: readonly string[];
}

const START_MS_MAX = 30_000;
const STARTS_MAX = 5;
const LOOK_EVERY_MS = 10;

/**
 * A server of our own: its port, its folder, bound to 127.0.0.1; no process, file or socket stays behind, however
 * the specs end. A port that another run takes in between is tried again with another.
 */
export async function startRedis(settings: RedisSettings = {}): Promise<PrivateRedis> {
  for (let starts = 1; ; starts += 1) {
    const redis = new PrivateRedis(settings, await freePort());
    try {
      await redis.start();
      return redis;
    } catch (error) {
      await redis.stop();
      if (starts === STARTS_MAX || !/already in use/.test(String(error))) throw error;
    }
  }
}

/** One server a run for the suites that need nothing but a tenant of their own; it ends with this process. */
export function sharedRedis(program: RedisProgram): Promise<PrivateRedis> {
  const started = shared.get(program.path) ?? startRedis({ program, appendonly: 'everysec' });
  shared.set(program.path, started);
  return started;
}

const shared = new Map<string, Promise<PrivateRedis>>();

/** A running server, and what can befall it. */
export class PrivateRedis {
  readonly port: number;
  readonly program: RedisProgram;
  /** Where its files are. */
  readonly folder = mkdtempSync(join(tmpdir(), 'conclave-redis-'));
  readonly #settings: RedisSettings;
  #child: WatchedChild | undefined;
  #client: Redis | undefined;

  constructor(settings: RedisSettings, port: number) {
    const program = settings.program ?? redisPrograms()[0];
    if (program === undefined) throw new Error('no redis-server was found: npm run services brings one');
    this.program = program;
    this.port = port;
    this.#settings = settings;
  }

  /** For whoever connects to it, with the password. */
  get url(): string {
    const { password } = this.#settings;
    const user = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
    return `redis://${user}127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#running().pid;
  }

  /** Starts it, the first time or again after its end, on the same folder and port; resolves once it answers. */
  async start(): Promise<void> {
    const child = WatchedChild.start(this.program.path, this.#directives(), this.folder);
    this.#child = child;
    const endMs = performance.now() + START_MS_MAX;
    while (!(await answers(this.port))) {
      if (child.hasGone) throw new Error(`redis-server ended at its start: ${child.said}`);
      if (performance.now() > endMs) throw new Error(`redis-server did not answer: ${child.said}`);
      await pause(LOOK_EVERY_MS);
    }
    /* What answers is another's where ours has found the port taken. */
    if (child.hasGone) throw new Error(`redis-server ended at its start: ${child.said}`);
  }

  /** SIGKILL; resolves once it is gone. Its files stay. */
  async kill(): Promise<void> {
    await this.#running().kill();
  }

  /** SIGKILL, and a new life at once. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** SIGSTOP: connections stay open, and nothing is answered. */
  pause(): void {
    this.#running().signal('SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    this.#running().signal('SIGCONT');
  }

  /** One command on a connection of the spec's own. */
  async command(name: string, ...args: readonly (string | number)[]): Promise<unknown> {
    this.#client ??= this.#connect();
    return this.#client.call(name, ...args);
  }

  /** Ends exactly this one, and removes its folder. */
  async stop(): Promise<void> {
    this.#client?.disconnect();
    this.#client = undefined;
    await this.#child?.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #connect(): Redis {
    const client = new Redis(this.url, { retryStrategy: () => 20, commandTimeout: 5_000 });
    /* The command that finds no server says so; the client alone would print it besides. */
    client.on('error', () => undefined);
    client.on('connect', () => client.stream.unref());
    return client;
  }

  #running(): WatchedChild {
    if (this.#child === undefined) throw new Error('this server was never started');
    return this.#child;
  }

  #directives(): string[] {
    const { appendonly = 'no', password, args = [] } = this.#settings;
    return [
      ...['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--save', ''],
      ...(appendonly === 'no' ? [] : ['--appendonly', 'yes', '--appendfsync', appendonly]),
      ...(password === undefined ? [] : ['--requirepass', password]),
      ...args,
    ];
  }
}

/** Whether a server answers there and has loaded its files; one that wants a password has answered too. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('data', (reply) => end(/^(\+PONG|-NOAUTH)/.test(reply.toString())));
    socket.once('error', () => end(false));
    socket.once('close', () => resolve(false));
  });
}
