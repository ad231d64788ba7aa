import { rmSync } from 'node:fs';
import { expect } from 'chai';
import { openConnection, type RedisConnection } from '../../../../lib/brokers/redis/connection.js';
import { parseRedisUrl } from '../../../../lib/brokers/redis/url.js';
import { ConclaveError } from '../../../../lib/core/errors.js';
import { freePort } from '../../../services/free-port.js';
import { type PrivateRedis, startRedis } from '../../../services/redis.js';
import { redisPrograms } from '../../../services/redis-programs.js';
import { type Certificates, makeCertificates } from '../../../services/redis-tls.js';

describe('a connection to Redis over TLS', () => {
  let certificates: Certificates | undefined;
  let redis: PrivateRedis;
  let port: number;
  let connection: RedisConnection | undefined;

  before(async function () {
    const program = redisPrograms().find(({ tls }) => tls);
    certificates = program === undefined ? undefined : makeCertificates();
    if (program === undefined || certificates === undefined) return this.skip();
    const { ca, cert, key } = certificates;
    port = await freePort();
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca];
    redis = await startRedis({
      program,
      password: 'word',
      args: ['--tls-port', String(port), '--tls-auth-clients', 'no', ...files],
    });
  });

  after(async () => {
    await redis?.stop();
    if (certificates !== undefined) rmSync(certificates.folder, { recursive: true });
  });

  afterEach(async () => {
    await connection?.close();
    connection = undefined;
  });

  async function open(url: string): Promise<RedisConnection> {
    connection = await openConnection(parseRedisUrl(url), { key: 'any', connectTimeoutMs: 500 });
    return connection;
  }

  async function refusalOf(url: string): Promise<ConclaveError> {
    const error: unknown = await open(url).catch((thrown: unknown) => thrown);
    if (error instanceof ConclaveError) return error;
    throw new Error(`expected a refusal: ${String(error)}`);
  }

  it('trusts the authority that the URL names, also on its second connection', async () => {
    const opened = await open(`rediss://:word@localhost:${port}/2?ca=${certificates?.ca}`);
    expect(await opened.command('PING')).to.equal('PONG');
    expect(await opened.blocking('BLPOP', 'none', 0.01)).to.equal(null);
  });

  it('trusts no other, and says how to name it', async () => {
    const refusal = await refusalOf(`rediss://:word@localhost:${port}`);
    expect(refusal.message).to.match(
      /authority that is not known here; name it by rediss:.*NODE_EXTRA_CA_CERTS/,
    );
    expect(refusal.code).to.equal('BrokerUnavailable');
  });

  it('is with the host of the certificate alone', async () => {
    const refusal = await refusalOf(`rediss://:word@127.0.0.1:${port}?ca=${certificates?.ca}`);
    expect(refusal.message).to.match(/certificate is for another host/);
  });

  it('says which of the two does not speak it', async () => {
    const plainServer = await refusalOf(`rediss://:word@localhost:${redis.port}?ca=${certificates?.ca}`);

    expect(plainServer.message).to.match(/does that port not speak TLS/);
    const plainClient = await refusalOf(`redis://:word@localhost:${port}`);
    expect(plainClient.message).to.match(/TLS \(rediss:\/\/\)/);
  });

  it('refuses a file of certificates that is not there', async () => {
    const refusal = await refusalOf(`rediss://localhost:${port}?ca=/no/such/file`);
    expect([refusal.code, /ENOENT/.test(refusal.message)]).to.deep.equal(['InvalidOption', true]);
  });
});
