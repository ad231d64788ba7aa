import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { holdsWithin, killHard } from '../scenarios/processes.js';
import { type PrivateRedis, sharedRedis, startRedis } from './redis.js';
import { describeOnRedis } from './redis-programs.js';

/** One that has ended and that nobody has collected yet does not live. */
function lives(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.charAt(stat.lastIndexOf(')') + 2) !== 'Z';
}

describeOnRedis('a private Redis', (program) => {
  let redis: PrivateRedis | undefined;

  afterEach(async () => {
    await redis?.stop();
    redis = undefined;
  });

  it('is the version that was asked for, and keeps what it holds over a SIGKILL with AOF', async () => {
    redis = await startRedis({ program, appendonly: 'always' });
    expect(String(await redis.command('INFO', 'server'))).to.include(`redis_version:${program.version}`);
    await redis.command('SET', 'kept', 'yes');
    await redis.restart();
    expect(await redis.command('GET', 'kept')).to.equal('yes');
  });

  it('keeps nothing without AOF, and takes a password', async () => {
    redis = await startRedis({ program, password: 'a b:c@d' });
    await redis.command('SET', 'kept', 'yes');
    await redis.restart();
    expect(await redis.command('GET', 'kept')).to.equal(null);
  });

  it('is gone with its folder once it was stopped, also while it was paused', async () => {
    const other = await startRedis({ program });
    const { pid, folder } = other;
    other.pause();
    await other.stop();
    expect([lives(pid), existsSync(folder)]).to.deep.equal([false, false]);
  });

  it('does not outlive the process that started it, even a killed one', async () => {
    const parent = spawn(process.execPath, [fileURLToPath(new URL('redis-starter.js', import.meta.url))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(parent.stdout, 'data');
    const { pid, folder }: { pid: number; folder: string } = JSON.parse(String(line));
    expect(lives(pid)).to.equal(true);
    killHard(Number(parent.pid));
    expect(await holdsWithin(2_000, () => !lives(pid) && !existsSync(folder))).to.equal(true);
  });

  it('is one a run where suites share it', async () => {
    expect((await sharedRedis(program)).pid).to.equal((await sharedRedis(program)).pid);
  });
});
