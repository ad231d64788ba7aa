import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { needService } from '../../services/needs.js';
import { queueActors, rayPython, sharedRay } from '../../services/ray.js';
import { type PrivateRedis, sharedRedis } from '../../services/redis.js';
import { redisPrograms } from '../../services/redis-programs.js';
import { ray } from '../../services/services.js';
import { conclave, type Outcome, startModule } from './spawn-command.js';

/** Where a command's queues are, and with what in its environment it gets there. */
interface Place {
  readonly word: string;
  readonly env?: Readonly<Record<string, string>>;
}

function run(place: Place, ...args: readonly string[]): Promise<Outcome> {
  const words = [...args, '--broker', place.word, '--isolation', 'thread', '--json'];
  return startModule(conclave, words, { env: place.env ?? {}, timeoutMs: 45_000 }).ended;
}

/** What a command printed, once it is seen that it went well; the broker may have said what its settings mean. */
function printed({ code, stdout, stderr }: Outcome): Record<string, unknown> {
  const said = stderr
    .split('\n')
    .filter((line) => !/^(conclave: broker: Th(e|is Ray) broker .*)?$/.test(line));
  expect({ code, said }).to.deep.equal({ code: 0, said: [] });
  return JSON.parse(stdout);
}

const documents = fileURLToPath(new URL('../../../../examples/research/documents', import.meta.url));
const question = ['--docs', documents, '--query', 'What happens to a task when its worker dies?'];

let outOfMemory: Promise<Outcome> | undefined;

/** The same results on every broker. */
function theCommands(place: () => Place): void {
  it('simulates', async () => {
    const { tasks } = printed(await run(place(), 'simulate', '--tasks', '200', '--loops', '2'));
    expect(tasks).to.equal(400);
  });

  it('stresses', async () => {
    const words = ['--messages', '500', '--crash-after', '200'];
    const { code, stdout } = await run(place(), 'stress', ...words);
    expect(code).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ delivered: 500, lost: 0, duplicated: 0 });
  });

  it('coordinates', async () => {
    const words = ['--agents', '3', '--loops', '2', '--claims', '2', '--jitter', '--seed', '7'];
    expect(printed(await run(place(), 'coordinate', ...words))).to.deep.equal({
      expectedResults: 6,
      aggregatedResults: 6,
      expectedClaims: 12,
      persistedClaims: 12,
      duplicateClaims: 0,
      orderingOk: true,
    });
  });

  it('researches', async () => {
    outOfMemory ??= run({ word: 'memory' }, 'run', 'research', ...question);
    const found = printed(await run(place(), 'run', 'research', ...question));
    const told = ({ answer, claims }: Record<string, unknown>) => {
      const texts = Array.isArray(claims)
        ? claims.map(({ text, verdict }) => `${verdict}: ${text}`).sort()
        : [];
      return { answer, texts };
    };
    expect(told(found)).to.deep.equal(told(printed(await outOfMemory)));
    expect(told(found).texts).to.have.length.above(3);
  });
}

describe('the commands with a broker in a file', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'conclave-commands-'));
  const place = () => ({ word: `file:${join(folder, 'work.db')}` });
  after(() => rmSync(folder, { recursive: true }));

  theCommands(place);

  it('refuse a file that another has open, in one line', async () => {
    const { FileBroker } = await import('../../../lib/brokers/file.js');
    const owner = await FileBroker.open(join(folder, 'owned.db'));
    try {
      const { code, stdout, stderr } = await run({ word: `file:${join(folder, 'owned.db')}` }, 'simulate');
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
      expect(stderr).to.match(/^conclave: [^\n]*owned\.db[^\n]*\n$/);
    } finally {
      await owner.close({ drain: false, deadlineMs: 0 });
    }
  });
});

describe('the commands with Redis', function () {
  this.timeout(60_000);
  let redis: PrivateRedis;
  before(async function () {
    const [program] = redisPrograms();
    if (program === undefined) return this.skip(); // the suites of the Redis broker say so
    redis = await sharedRedis(program);
  });

  theCommands(() => ({ word: redis.url }));

  it('leave nothing behind on it, but under a name that stays', async () => {
    const keys = async () => String(await redis.command('KEYS', '*coordinate*:q:*'));
    await run({ word: redis.url }, 'coordinate', '--claims', '1');
    expect(await keys()).to.equal('');
    await run({ word: redis.url }, 'coordinate', '--claims', '1', '--name', 'my-coordinate');
    expect(await keys()).to.include('my-coordinate');
  });

  it('say that it cannot be reached in one line, without its password', async () => {
    const { code, stdout, stderr } = await run({ word: 'redis://:secret@127.0.0.1:1' }, 'simulate');
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect(stderr)
      .to.match(/^conclave: [^\n]+\n$/)
      .and.not.include('secret');
  });
});

describe('the commands with Ray', function () {
  this.timeout(120_000);
  let place: Place = { word: '' };

  before(async function () {
    needService(this, ray);
    const { facts } = await sharedRay();
    const env = { ...facts.environment, CONCLAVE_PYTHON: rayPython() ?? '' };
    place = { word: `ray://${facts.address}?join=node`, env };
  });

  theCommands(() => place);

  it('leave no queue on the cluster', async () => {
    const before = queueActors().length;
    await run(place, 'coordinate', '--claims', '1');
    expect(queueActors()).to.have.length(before);
  });
});
