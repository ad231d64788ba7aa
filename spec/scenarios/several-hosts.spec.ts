import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Coalition } from '../../lib/coalition/coalition.js';
import { createCoalition } from '../../lib/coalition/create-coalition.js';
import { systemIds } from '../../lib/core/ids.js';
import type { Limits } from '../../lib/core/limits.js';
import { conclave, type RunningCommand, startModule } from '../lib/cli/spawn-command.js';
import { type PrivateRedis, startRedis } from '../services/redis.js';
import { redisPrograms } from '../services/redis-programs.js';
import { collect, withFolder } from './coalitions.js';
import type * as Agents from './pools/both.js';
import { holdsWithin, lives } from './processes.js';

const program = new URL('./pools/pool-program.js', import.meta.url);
const agents = new URL('./pools/both.js', import.meta.url);
const LEASE_MS = 1_000;
/** The lease, and time for a machine with much else to do. */
const PATIENCE_MS = 8_000;

/** A coalition whose own workers are none: whatever is done, pools of other processes do. */
type Headless = Coalition<typeof Agents>;

describe('several hosts on one Redis', function () {
  this.timeout(60_000);
  let redis: PrivateRedis;
  let name = '';
  const started: RunningCommand[] = [];

  before(async function () {
    if (redisPrograms().length === 0) this.skip();
    redis = await startRedis({ appendonly: 'everysec' });
  });

  beforeEach(() => {
    name = systemIds.next('hosts');
  });

  afterEach(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await Promise.all(started.splice(0).map(({ ended }) => ended));
  });

  after(() => redis?.stop());

  /** The command, with a module of its own. */
  async function worker(module: string, ...words: readonly string[]): Promise<RunningCommand> {
    const file = fileURLToPath(new URL(`./pools/${module}.js`, import.meta.url));
    const where = ['--broker', redis.url, '--name', name, '--agents', file, '--isolation', 'thread'];
    const pool = startModule(conclave, ['worker', ...where, '--workers', '1', '--json', ...words]);
    started.push(pool);
    await pool.said('stderr', 'joined');
    return pool;
  }

  /** A pool that is lost sooner. */
  async function shortLived(module: string): Promise<RunningCommand> {
    const pool = startModule(program, [redis.url, name, `./${module}.js`, String(LEASE_MS)]);
    started.push(pool);
    await pool.said('stdout', 'joined');
    return pool;
  }

  async function leading<T>(
    body: (coalition: Headless, states: string[]) => Promise<T>,
    limits: Partial<Limits> = {},
  ) {
    const coalition = await createCoalition<typeof Agents>({
      broker: redis.url,
      name,
      agents,
      workers: 0,
      isolation: 'thread',
      limits,
    });
    const states: string[] = [];
    coalition.on('fault', () => {});
    coalition.on('pool', ({ pid, state }) => states.push(`${pid} ${state}`));
    try {
      return await body(coalition, states);
    } finally {
      await coalition.shutdown({ graceMs: 0 });
    }
  }

  const knows = (coalition: Headless, count: number) =>
    holdsWithin(PATIENCE_MS, () => coalition.pools.length === count);

  it('gives each pool the tasks of its agents alone, and a query crosses both', async () => {
    const [left, right] = await Promise.all([worker('left'), worker('right')]);
    await leading(async (coalition) => {
      expect(await knows(coalition, 2)).to.equal(true);
      const numbers = Array.from({ length: 40 }, (_, n) => ({ n }));
      const [lefts, rights] = await Promise.all([
        collect(coalition.map('left', numbers)),
        collect(coalition.map('right', numbers)),
      ]);
      expect(lefts).to.deep.equal(numbers.map(({ n }) => ({ n, pid: left.child.pid })));
      expect(rights.map(({ n, pid }) => ({ n, pid }))).to.deep.equal(
        numbers.map(({ n }) => ({ n, pid: right.child.pid })),
      );
      const { results } = await coalition.runQuery(null, { loops: 2 });
      const seen = results.map(({ agent, value }) => [agent, value]);
      expect(seen).to.deep.equal([
        ['left', { n: 0, pid: left.child.pid }],
        ['right', { n: 0, pid: right.child.pid, loop: 1, seen: ['left1'] }],
        ['left', { n: 0, pid: left.child.pid }],
        ['right', { n: 0, pid: right.child.pid, loop: 2, seen: ['left1', 'left2', 'right1'] }],
      ]);
    });
    for (const pool of [left, right]) pool.child.kill('SIGTERM');
    for (const { code, stdout } of await Promise.all([left.ended, right.ended])) {
      expect(code).to.equal(143);
      expect(JSON.parse(stdout)).to.include({ completed: 42, deadLettered: 0, requeued: 0 });
    }
  });

  it('runs elsewhere what a pool held that was killed, and claims nothing twice', () =>
    withFolder((folder) =>
      leading(
        async (coalition, states) => {
          const [victim, other] = await Promise.all([shortLived('left'), shortLived('left')]);
          expect(await knows(coalition, 2)).to.equal(true);
          const file = join(folder, 'runs');
          const numbers = Array.from({ length: 60 }, (_, n) => ({ n, ms: 20, file }));
          const done = collect(coalition.map('left', numbers));
          const hasBegun = () =>
            existsSync(file) && readFileSync(file, 'utf8').includes(` ${victim.child.pid}\n`);
          expect(await holdsWithin(PATIENCE_MS, hasBegun)).to.equal(true);
          victim.child.kill('SIGKILL');
          expect((await done).map(({ n }) => n)).to.deep.equal(numbers.map(({ n }) => n));
          expect(await holdsWithin(PATIENCE_MS, () => states.includes(`${victim.child.pid} lost`))).to.equal(
            true,
          );
          expect(coalition.pools.map(({ pid }) => pid)).to.deep.equal([other.child.pid]);
          const texts = (await coalition.claims.read({ limit: 1_000 })).map(({ text }) => text);
          expect(texts.toSorted()).to.deep.equal(numbers.map(({ n }) => `left ${n}`).toSorted());
        },
        { leaseMs: LEASE_MS },
      ),
    ));

  it('has tasks wait for a pool that joins late', () =>
    leading(async (coalition) => {
      const done = collect(coalition.map('left', [{ n: 1 }, { n: 2 }]));
      const query = coalition.runQuery(null);
      const left = await shortLived('left');
      expect((await done).map(({ pid }) => pid)).to.deep.equal([left.child.pid, left.child.pid]);
      const right = await shortLived('right');
      const { results } = await query;
      expect(results.at(-1)?.value).to.deep.equal({ n: 0, pid: right.child.pid, loop: 1, seen: ['left1'] });
    }));

  it('loses a pool that is stopped, and has it back with the state of the query', () =>
    leading(
      async (coalition, states) => {
        const [left, right] = await Promise.all([shortLived('left'), shortLived('right')]);
        expect(await knows(coalition, 2)).to.equal(true);
        await coalition.runQuery(null);
        right.child.kill('SIGSTOP');
        const lost = `${right.child.pid} lost`;
        const query = coalition.runQuery(null, { loops: 2 });
        expect(await holdsWithin(PATIENCE_MS, () => states.includes(lost))).to.equal(true);
        right.child.kill('SIGCONT');
        const { results, failures } = await query;
        expect(failures).to.deep.equal([]);
        expect(results.map(({ agent, loop }) => `${agent}${loop}`)).to.deep.equal([
          'left1',
          'right1',
          'left2',
          'right2',
        ]);
        expect(results.at(-1)?.value).to.deep.include({ seen: ['left1', 'left2', 'right1'] });
        expect(states.filter((state) => state === `${right.child.pid} joined`)).to.have.length(2);
        expect(lives(left.child.pid ?? 0)).to.equal(true);
      },
      { leaseMs: LEASE_MS },
    ));

  it('goes on with the next coordinator of that name', async () => {
    const [left, right] = await Promise.all([shortLived('left'), shortLived('right')]);
    for (const life of [1, 2]) {
      await leading(async (coalition) => {
        expect(await knows(coalition, 2), `life ${life}`).to.equal(true);
        for (let earlier = 1; earlier < 3 / life; earlier += 1) await coalition.runQuery(null);
        const { results } = await coalition.runQuery(null);
        expect(results.map(({ value }) => (value as { pid: number }).pid)).to.deep.equal([
          left.child.pid,
          right.child.pid,
        ]);
      });
    }
    for (const pool of [left, right]) pool.child.kill('SIGTERM');
    for (const { code } of await Promise.all([left.ended, right.ended])) expect(code).to.equal(0);
    const keys = await redis.command('KEYS', `*${name}.state.*`);
    expect(keys).to.deep.equal([]);
  });

  it('outlives its Redis', () =>
    leading(async (coalition) => {
      const left = await worker('left');
      expect(await knows(coalition, 1)).to.equal(true);
      expect(await collect(coalition.map('left', [{ n: 1 }]))).to.have.length(1);
      await redis.restart();
      expect(await collect(coalition.map('left', [{ n: 2 }, { n: 3 }]))).to.have.length(2);
      left.child.kill('SIGTERM');
      const { code, stdout } = await left.ended;
      expect({ code, ...JSON.parse(stdout) }).to.include({ code: 143, completed: 3 });
    }));
});
