import { join } from 'node:path';
import { expect } from 'chai';
import { openClaimStore } from '../../lib/storage/open.js';
import { startModule } from '../lib/cli/spawn-command.js';
import { sharedRedis } from '../services/redis.js';
import { redisPrograms } from '../services/redis-programs.js';
import { withFolder } from './coalitions.js';

const program = new URL('./restart-program.js', import.meta.url);

/** How many tasks each life is told to be accepted before it is killed. */
const KILLED_AFTER = [1, 80];
const SUBMITTED = 250;
const PATIENT = { timeoutMs: 40_000 };

/** One life, killed with SIGKILL while it submits and its workers work; how many tasks it said were accepted. */
async function life(broker: string, store: string, from: number, killedAfter: number): Promise<number> {
  const running = startModule(program, ['work', broker, store, String(from), String(SUBMITTED)], PATIENT);
  await running.said('stdout', `${from + killedAfter - 1}\n`);
  running.child.kill('SIGKILL');
  const { stdout } = await running.ended;
  return stdout.split('\n').length - 1;
}

/** Kills one life after the other, and has the last one asked for everything that was ever accepted. */
async function outlives(broker: string, folder: string): Promise<void> {
  const store = `file:${join(folder, 'claims.db')}`;
  let accepted = 0;
  for (const killedAfter of KILLED_AFTER) accepted += await life(broker, store, accepted, killedAfter);
  const asked = await startModule(program, ['ask', broker, store, '0', String(accepted)], PATIENT).ended;
  expect({ code: asked.code, stderr: withoutNotices(asked.stderr) }).to.deep.equal({ code: 0, stderr: '' });
  const numbers = Array.from({ length: accepted }, (_, n) => n);
  expect(JSON.parse(asked.stdout)).to.deep.equal(numbers.map((n) => n * n));
  const claims = await readClaims(store);
  expect(new Set(claims).size, 'claimed twice').to.equal(claims.length);
  expect(claims).to.include.members(numbers.map((n) => `note ${n}`));
}

async function readClaims(store: string): Promise<readonly string[]> {
  const opened = await openClaimStore(store, { mode: 'read' });
  try {
    return (await opened.read({})).map(({ text }) => text);
  } finally {
    await opened.close();
  }
}

/** What the broker would have people know, and that a dead process's lease must run out, is no fault. */
function withoutNotices(stderr: string): string {
  return stderr.replaceAll(/^(conclave: )?(broker: The broker|lease: .* waits for its lease).*\n/gm, '');
}

describe('a coalition killed with SIGKILL and started again', function () {
  this.timeout(90_000);

  it('answers all that it had accepted, and claims nothing twice, with its queues in a file', () =>
    withFolder((folder) => outlives(`file:${join(folder, 'work.db')}`, folder)));

  it('answers all that it had accepted, and claims nothing twice, with its queues on Redis', async function () {
    const [redis] = redisPrograms();
    if (redis === undefined) this.skip();
    const { url } = await sharedRedis(redis);
    await withFolder((folder) => outlives(url, folder));
  });
});
