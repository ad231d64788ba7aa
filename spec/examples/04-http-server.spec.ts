import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { type RunningCommand, startModule } from '../lib/cli/spawn-command.js';
import { carryingMark, holdsWithin, killHard } from '../scenarios/processes.js';

const program = new URL('../../examples/04-http-server.js', import.meta.url);
const GONE_WITHIN_MS = 10_000;
/** Takes a second or two, of which it leaves most to others. */
const LONG = { below: 200_000, pauseMs: 40 };
const LONG_PRIMES = 17_984;
/** Takes minutes. */
const ENDLESS = { below: 10_000_000, pauseMs: 1_000 };

interface Server extends RunningCommand {
  readonly url: string;
}

let servers = 0;

/** Runs the example for the body, and looks that nothing of it is left. */
async function serving(env: Readonly<Record<string, string>>, body: (server: Server) => Promise<void>) {
  servers += 1;
  const mark = `http-server-${process.pid}-${servers}`;
  const left = () => carryingMark(`CONCLAVE_SPEC_MARK=${mark}`);
  const command = startModule(program, [], { env: { ...env, PORT: '0', CONCLAVE_SPEC_MARK: mark } });
  try {
    let said = '';
    command.child.stdout.on('data', (text: string) => {
      said += text;
    });
    await command.said('stdout', '\n');
    await body({ ...command, url: /http:\S+/.exec(said)?.[0] ?? expect.fail(said) });
    expect(await holdsWithin(GONE_WITHIN_MS, () => left().length === 0)).to.equal(true);
  } finally {
    for (const pid of left()) killHard(pid);
  }
}

function post(url: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(url, { method: 'POST', body: text, ...(signal && { signal }) });
}

async function stopped(server: Server): Promise<string> {
  server.child.kill('SIGTERM');
  const { code, stdout, stderr } = await server.ended;
  expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  return stdout.trimEnd().split('\n').at(-1) ?? '';
}

describe('example 04', function () {
  this.timeout(60_000);

  it('answers at once, or later under the task that it names, and refuses what is no job', () =>
    serving({}, async (server) => {
      const { url } = server;
      const answered = await post(`${url}/primes`, { below: 1_000 });
      expect(answered.status).to.equal(200);
      expect(await answered.json()).to.deep.equal({ below: 1_000, primes: 168 });

      const accepted = await post(`${url}/primes?later`, { below: 100 });
      expect(accepted.status).to.equal(202);
      const task = `${url}${accepted.headers.get('location')}`;
      const look = async (): Promise<unknown> => (await fetch(task)).json();
      let seen = await look();
      while (fieldOf(seen, 'state') !== 'completed') seen = await look();
      const id = fieldOf(await accepted.json(), 'id');
      expect(seen).to.deep.equal({ id, state: 'completed', attempt: 1, result: { below: 100, primes: 25 } });
      expect((await fetch(`${url}/tasks/nobody`)).status).to.equal(404);

      const refused = await post(`${url}/primes`, { below: -1 });
      expect(refused.status).to.equal(400);
      expect(await refused.json()).to.have.property('code', 'InvalidPayload');
      expect((await post(`${url}/primes`, '{')).status).to.equal(400);
      expect(await stopped(server)).to.equal('stopped: 2 completed, 0 cancelled, 0 abandoned');
    }));

  it('has no room where the queue is full, until whoever waited has hung up', () =>
    serving({ QUEUE: '1' }, async (server) => {
      const { url } = server;
      const hangUp = new AbortController();
      const given = post(`${url}/primes`, ENDLESS, hangUp.signal).catch((error: unknown) => error);
      const ask = () => post(`${url}/primes`, { below: 10 });
      let answer = await ask();
      while (answer.status === 200) answer = await ask(); // until the first has come in
      expect(answer.status).to.equal(503);
      expect(answer.headers.get('retry-after')).to.equal('1');
      expect(await answer.json()).to.have.property('code', 'QueueFull');
      hangUp.abort();
      expect(await given).to.have.property('name', 'AbortError');
      while (answer.status !== 200) {
        await pause(20);
        answer = await ask();
      }
      expect(await stopped(server)).to.match(/ 1 cancelled, 0 abandoned$/);
    }));

  it('finishes what it has begun after SIGTERM, takes nothing new, and leaves nothing', () =>
    serving({ QUEUE: '3' }, async (server) => {
      const { url } = server;
      const answers = [LONG, LONG, LONG].map((job) => post(`${url}/primes`, job));
      while ((await refusalOf(url)) !== 'QueueFull'); // all three have come in
      const last = stopped(server);
      while (!/ShuttingDown|fetch failed/.test((await refusalOf(url)) ?? ''));
      for (const answer of await Promise.all(answers)) {
        expect(answer.status).to.equal(200);
        expect(await answer.json()).to.deep.equal({ below: LONG.below, primes: LONG_PRIMES });
      }
      expect(await last).to.match(/^stopped: \d+ completed, 0 cancelled, 0 abandoned$/);
    }));
});

/** Why a small job is not done now; undefined if it is. */
async function refusalOf(url: string): Promise<string | undefined> {
  try {
    const answer = await post(`${url}/primes`, { below: 10 });
    return answer.status === 503 ? fieldOf(await answer.json(), 'code') : undefined;
  } catch (error) {
    return String(error);
  }
}

function fieldOf(body: unknown, name: string): string {
  return typeof body === 'object' && body !== null ? String(Reflect.get(body, name)) : '';
}
