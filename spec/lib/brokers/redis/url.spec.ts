import { inspect } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { parseRedisUrl } from '../../../../lib/brokers/redis/url.js';
import { ConclaveError } from '../../../../lib/core/errors.js';

const hosts = fc.constantFrom('localhost', 'redis.example.com', '10.0.0.7', '::1', '2001:db8::7');
const word = fc.string({
  unit: fc.constantFrom(...'aZ09-._:@/?#%&=[]\\ \tüß中\u{1f600}'),
  minLength: 1,
  maxLength: 20,
});

function refusalOf(text: string): string {
  try {
    parseRedisUrl(text);
  } catch (error) {
    if (error instanceof ConclaveError && error.code === 'InvalidOption') return error.message;
    throw error;
  }
  throw new Error(`taken: ${text}`);
}

interface Parts {
  readonly tls: boolean;
  readonly user: string | null;
  readonly password: string | null;
  readonly host: string;
  readonly port: number | null;
  readonly database: number | null;
}

function written({ tls, user, password, host, port, database }: Parts): string {
  const isAnonymous = user === null && password === null;
  const userInfo = `${encodeURIComponent(user ?? '')}:${encodeURIComponent(password ?? '')}@`;
  const place = `${host.includes(':') ? `[${host}]` : host}${port === null ? '' : `:${port}`}`;
  const path = database === null ? '' : `/${database}`;
  return `${tls ? 'rediss' : 'redis'}://${isAnonymous ? '' : userInfo}${place}${path}`;
}

function credentialsOf(user: string | null, password: string | null): string[] {
  if (user !== null) return [user, password ?? ''];
  return password === null ? [] : [password];
}

describe('the URL of a Redis', () => {
  it('gives back what went into it, whatever user and password are, and prints neither', () => {
    fc.assert(
      fc.property(
        fc.record({
          tls: fc.boolean(),
          user: fc.option(word),
          password: fc.option(word),
          host: hosts,
          port: fc.option(fc.integer({ min: 1, max: 65_535 })),
          database: fc.option(fc.nat(1_000)),
        }),
        ({ tls, user, password, host, port, database }) => {
          const url = parseRedisUrl(written({ tls, user, password, host, port, database }));
          expect({ ...url, credentials: url.credentials() }).to.deep.equal({
            tls,
            host,
            port: port ?? 6379,
            database: database ?? 0,
            ca: undefined,
            credentials: credentialsOf(user, password),
          });
          const shown = `${url} ${inspect(url, { depth: 9, showHidden: true })} ${JSON.stringify(url)}`;
          for (const secret of [user, password])
            if (secret !== null && secret.length > 12) expect(shown).to.not.include(secret);
          expect(parseRedisUrl(url.toString()).toString()).to.equal(url.toString());
          expect(url.toString()).to.match(/^rediss?:\/\/[^@]*$/);
        },
      ),
    );
  });

  it('prints without what is preset', () => {
    const printed = ['redis://u:p@host', 'redis://host:6379/0', 'rediss://host:6380/2?ca=/etc/ca.pem'].map(
      (text) => parseRedisUrl(text).toString(),
    );
    expect(printed).to.deep.equal(['redis://host', 'redis://host', 'rediss://host:6380/2']);
    expect(parseRedisUrl('rediss://host?ca=%2Fetc%2Fca.pem').ca).to.equal('/etc/ca.pem');
  });

  for (const [text, reason] of [
    ['http://host', 'begins with neither'],
    ['', 'begins with neither'],
    ['redis:host', 'lacks the //'],
    ['redis://', 'names no host'],
    ['redis://:secret@', 'cannot be read'],
    ['redis:///3', 'names no host'],
    ['redis://host:0', 'a port that is none'],
    ['redis://host:99999', 'cannot be read'],
    ['redis://host:port', 'cannot be read'],
    ['redis://host/name', 'no number of a database'],
    ['redis://host/1/2', 'no number of a database'],
    ['redis://host/-1', 'no number of a database'],
    ['redis://host/99999999999', 'no number of a database'],
    ['redis://host/9999999999', 'no number of a database'],
    ['redis://host?tls=true', 'an option other than ca'],
    ['redis://host?ca=/etc/ca.pem', 'only rediss:// uses'],
    ['rediss://host?ca=', 'names no file'],
    ['rediss://host?ca=a&ca=b', 'names no file'],
    ['redis://host#part', 'a fragment'],
    ['redis://u:%@host', 'a % that begins no character'],
    ['redis://u:se/cret@host', 'cannot be read'],
    ['redis://secret:7#secret@host', 'a fragment'],
    ['redis://secret:7/secret@host', 'no number of a database'],
    ['redis://secret:7?secret@host', 'an option other than ca'],
  ] as const) {
    it(`refuses ${text === '' ? 'nothing at all' : text}`, () => {
      const message = refusalOf(text);
      expect(message).to.include(reason);
      expect(message).to.not.include('secret');
    });
  }

  it('refuses anything, or takes it, and never shows it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          word.map((text) => `redis://${text}`),
        ),
        (text) => {
          try {
            parseRedisUrl(text);
          } catch (error) {
            if (!(error instanceof ConclaveError)) throw error;
            expect(error.cause).to.equal(undefined);
            if (text.length > 30) expect(error.message).to.not.include(text);
          }
        },
      ),
    );
  });
});
