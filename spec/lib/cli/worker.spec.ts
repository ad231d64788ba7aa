import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { systemIds } from '../../../lib/core/ids.js';
import { carryingMark, holdsWithin, killHard } from '../../scenarios/processes.js';
import { type PrivateRedis, sharedRedis } from '../../services/redis.js';
import { redisPrograms } from '../../services/redis-programs.js';
import { conclave, type RunningCommand, runConclave, startModule } from './spawn-command.js';

const agents = fileURLToPath(new URL('../../scenarios/pools/left.js', import.meta.url));
const NOTE = 'Draining. Once more leaves at once.\n';
const GONE_WITHIN_MS = 10_000;

describe('conclave worker', function () {
  this.timeout(60_000);

  it('says what is wrong in one line, and what would be right, and exits 2', async () => {
    const redis = ['--broker', 'redis://127.0.0.1:1'];
    const name = ['--name', 'spec'];
    const module = ['--agents', agents];
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [[...name, ...module], /'--broker <broker>' not specified/],
      [[...redis, ...module], /'--name <name>' not specified/],
      [[...redis, ...name], /'--agents <file>' not specified/],
      [[...redis, ...name, '--agents', 'nowhere.js'], /'nowhere.js' is not there/],
      [[...redis, ...name, '--agents', 'agents.ts'], /is TypeScript/],
      [[...redis, ...name, ...module, '--workers', '0'], /--workers/],
      [[...redis, ...name, ...module, '--grace-ms', 'soon'], /--grace-ms/],
      [['--broker', 'memory', ...name, ...module], /broker must be one that several processes share/],
      [['--broker', 'http://a:secret@b', ...name, ...module], /--broker is none that there is/],
      [[...redis, '--name', 'no/name', ...module], /^conclave: name must be/],
    ];
    const outcomes = await Promise.all(wrong.map(([words]) => runConclave('worker', ...words)));
    for (const [at, { code, stdout, stderr }] of outcomes.entries()) {
      expect({ code, stdout }, stderr).to.deep.equal({ code: 2, stdout: '' });
      expect(stderr).to.match(wrong[at]?.[1] ?? /never/);
      expect(stderr).to.match(/^conclave: .*\n$/);
      expect(stderr).not.to.include('secret');
    }
  });

  it('exits 1 where its broker cannot be reached, and says so without the password', async () => {
    const where = ['--broker', 'redis://:secret@127.0.0.1:1', '--name', 'spec', '--agents', agents];
    const { code, stdout, stderr } = await runConclave('worker', ...where);
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect(stderr).to.match(/^conclave: .*127\.0\.0\.1:1.*\n$/);
    expect(stderr).not.to.include('secret');
  });

  it('has help with an example', async () => {
    const { code, stdout } = await runConclave('worker', '--help');
    expect(code).to.equal(0);
    expect(stdout).to.match(/Example:\n {2}\$ conclave worker --broker redis:/);
  });

  describe('that has joined', () => {
    let redis: PrivateRedis;
    let name = '';
    const marked = () => carryingMark(`CONCLAVE_SPEC_MARK=${name}`);

    before(async function () {
      const [program] = redisPrograms();
      if (program === undefined) this.skip();
      redis = await sharedRedis(program);
    });

    beforeEach(() => {
      name = systemIds.next('worker');
    });

    afterEach(async () => {
      const isGone = await holdsWithin(GONE_WITHIN_MS, () => marked().length === 0);
      for (const pid of marked()) killHard(pid);
      expect(isGone).to.equal(true);
    });

    async function join(...words: readonly string[]): Promise<RunningCommand> {
      const where = ['--broker', redis.url, '--name', name, '--agents', agents, '--workers', '1'];
      const env = { CONCLAVE_SPEC_MARK: name };
      const command = startModule(conclave, ['worker', ...where, ...words], { env });
      await command.said('stderr', 'joined');
      return command;
    }

    it('says what it joined, drains on SIGTERM, and prints a summary', async () => {
      const command = await join();
      command.child.kill('SIGTERM');
      const { code, stdout, stderr } = await command.ended;
      expect({ code, stdout }).to.deep.equal({
        code: 143,
        stdout: '0 tasks answered, 0 failed, 0 given back\n',
      });
      const [first, ...more] = stderr.split('\n').filter((line) => !line.startsWith('conclave: broker:'));
      expect(first).to.match(
        /^conclave: pool session-\S+ joined worker-\S+ on redis:\S+: 1 workers for left$/,
      );
      expect(more.join('\n')).to.equal(NOTE);
    });

    it('prints it as JSON when asked to', async () => {
      const command = await join('--json', '--isolation', 'inline');
      command.child.kill('SIGINT');
      const { code, stdout } = await command.ended;
      expect(code).to.equal(130);
      const { pool, ...counts } = JSON.parse(stdout);
      expect(pool).to.match(/^session-/);
      expect(counts).to.deep.equal({ completed: 0, deadLettered: 0, requeued: 0 });
      expect(await redis.command('KEYS', `*${name}.state.*`)).to.deep.equal([]);
    });

    it('leaves nothing behind when it is killed', async () => {
      const command = await join();
      expect(marked().length).to.be.above(1);
      command.child.kill('SIGKILL');
      expect((await command.ended).code).to.equal(null);
    });

    it('goes on where nobody reads what it prints, until it is told to leave', async () => {
      const command = await join();
      command.child.stdout.destroy();
      command.child.stderr.destroy();
      command.child.kill('SIGTERM');
      expect((await command.ended).code).to.be.oneOf([0, 143]);
    });
  });
});
