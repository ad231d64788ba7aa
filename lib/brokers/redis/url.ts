import { ConclaveError } from '../../core/errors.js';

const PORT_PRESET = 6379;
const PORT_MOST = 65_535;
const DATABASE_MOST = 2 ** 31 - 1;
const SCHEMES: ReadonlyMap<string, boolean> = new Map([
  ['redis:', false],
  ['rediss:', true],
]);

/**
 * Where a Redis is and who asks: `redis://user:password@host:port/database`, or `rediss://…` for TLS, then also with
 * `?ca=FILE` for a certificate authority that the system does not know. What is no letter or digit in user and
 * password is percent-encoded. Prints without them.
 */
export class RedisUrl {
  /** A name or an address; one of IPv6 without its brackets. */
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly tls: boolean;
  /** Path of a file with the certificates to trust, in place of the system's. */
  readonly ca: string | undefined;
  readonly #user: string;
  readonly #password: string;

  /** Use `parseRedisUrl`. */
  constructor(url: URL) {
    const ca = onlyOption(url);
    this.tls = SCHEMES.get(url.protocol) === true;
    this.host = decoded(url.hostname.replace(/^\[(.*)\]$/, '$1'), 'host');
    this.port = url.port === '' ? PORT_PRESET : Number(url.port);
    this.database = databaseOf(url.pathname);
    this.ca = ca;
    this.#user = decoded(url.username, 'user');
    this.#password = decoded(url.password, 'password');
    if (this.host === '') throw refused('names no host');
    if (this.port < 1 || this.port > PORT_MOST) throw refused('has a port that is none');
    if (ca !== undefined && !this.tls) throw refused('has a ca, which only rediss:// uses');
  }

  /** What AUTH is to be given; nothing where the URL has neither user nor password. */
  credentials(): readonly string[] {
    if (this.#user === '' && this.#password === '') return [];
    return this.#user === '' ? [this.#password] : [this.#user, this.#password];
  }

  /** For people and logs: never with user or password, and without what is preset. */
  toString(): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    const port = this.port === PORT_PRESET ? '' : `:${this.port}`;
    const database = this.database === 0 ? '' : `/${this.database}`;
    return `${this.tls ? 'rediss' : 'redis'}://${host}${port}${database}`;
  }
}

/**
 * The URL of a Redis, checked.
 * @throws `InvalidOption` for anything else. It shows nothing of the text: any part of it may be a password that
 * was not percent-encoded.
 */
export function parseRedisUrl(text: string): RedisUrl {
  const scheme = /^[a-z+.-]*:/i.exec(text)?.[0].toLowerCase() ?? '';
  if (!SCHEMES.has(scheme)) throw refused('begins with neither redis:// nor rediss://');
  if (!text.slice(scheme.length).startsWith('//')) throw refused('lacks the // after its scheme');
  return new RedisUrl(parsed(text));
}

function parsed(text: string): URL {
  try {
    return new URL(text);
  } catch {
    /* Without its cause: that holds the text. */
    throw refused('cannot be read');
  }
}

function databaseOf(pathname: string): number {
  const name = pathname.replace(/^\//, '');
  if (name === '') return 0;
  const database = /^\d{1,10}$/.test(name) ? Number(name) : Number.NaN;
  if (database <= DATABASE_MOST) return database;
  throw refused('has a path that is no number of a database');
}

/** The one option there is; a misspelt one is not one to be ignored. */
function onlyOption(url: URL): string | undefined {
  if (url.hash !== '') throw refused('has a fragment (#…)');
  for (const name of url.searchParams.keys())
    if (name !== 'ca') throw refused('has an option other than ca=FILE');
  const files = url.searchParams.getAll('ca');
  if (files.length > 1 || files[0] === '') throw refused('has an option ca that names no file');
  return files[0];
}

function decoded(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused(`has a ${part} with a % that begins no character`);
  }
}

function refused(reason: string): ConclaveError {
  return new ConclaveError(
    'InvalidOption',
    `A Redis is named redis://user:password@host:port/database, rediss:// for TLS; the URL given ${reason}. ` +
      'In user and password write : / ? # @ % percent-encoded (@ is %40).',
  );
}
