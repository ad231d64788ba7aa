import { expect } from 'chai';
import { type Outcome, startModule } from '../lib/cli/spawn-command.js';
import { carryingMark, holdsWithin, killHard } from '../scenarios/processes.js';
import { sharedRedis } from '../services/redis.js';
import { redisPrograms } from '../services/redis-programs.js';

const program = new URL('../../examples/06-several-hosts.js', import.meta.url);
const GONE_WITHIN_MS = 10_000;

/** Runs the example to its end, and looks that none of its processes is left. */
async function run(url: string): Promise<Outcome> {
  const mark = `several-hosts-${process.pid}`;
  const left = () => carryingMark(`CONCLAVE_SPEC_MARK=${mark}`);
  try {
    const outcome = await startModule(program, [], { env: { REDIS_URL: url, CONCLAVE_SPEC_MARK: mark } })
      .ended;
    expect(await holdsWithin(GONE_WITHIN_MS, () => left().length === 0)).to.equal(true);
    return outcome;
  } finally {
    for (const pid of left()) killHard(pid);
  }
}

describe('example 06', function () {
  this.timeout(60_000);

  it('has tasks done by pools of other processes, each those of its agents', async function () {
    const [server] = redisPrograms();
    if (server === undefined) this.skip();
    const { code, stdout, stderr } = await run((await sharedRedis(server)).url);
    const said = stdout.trimEnd().split('\n');
    expect({ code, stderr: stderr.replaceAll(/^conclave: broker: .*\n/gm, '') }).to.deep.equal({
      code: 0,
      stderr: '',
    });
    const pidOf = (agent: string) =>
      said.find((line) => line.startsWith(`${agent} joined`))?.replace(/.* /, '') ?? expect.fail(stdout);
    const [counting, reversing] = [pidOf('countWords'), pidOf('reverse')];
    expect(counting).not.to.equal(reversing);
    const results = said.filter((line) => line.includes(' on '));
    expect(results.map((line) => line.replace(/ on .* process/, ''))).to.deep.equal([
      `6 words, counted ${counting}`,
      `8 words, counted ${counting}`,
      `4 words, counted ${counting}`,
      `eueuq eno ni stiaw krow lla, reversed ${reversing}`,
    ]);
    expect(said).to.include.members([
      'countWords: 3 tasks answered, 0 given back',
      'reverse: 1 tasks answered, 0 given back',
    ]);
    expect(said.at(-1)).to.equal('4 tasks answered by others');
  });

  it('says what it needs where there is no Redis', async () => {
    const { code, stdout, stderr } = await run('redis://127.0.0.1:1');
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect(stderr).to.match(/127\.0\.0\.1:1.*\nThis example needs a Redis: .*\n$/);
  });
});
