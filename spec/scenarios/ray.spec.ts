import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Coalition } from '../../lib/coalition/coalition.js';
import { createCoalition } from '../../lib/coalition/create-coalition.js';
import type { WorkerEvent } from '../../lib/coalition/events.js';
import { needService } from '../services/needs.js';
import { ray } from '../services/services.js';
import type * as Agents from './agents.js';
import { collect, refusal } from './coalitions.js';
import { carryingMark, commandOf, holdsWithin, killHard } from './processes.js';

/* A worker that hears nothing of its bridge ends itself after 5 s; the rest is for a machine that others load. */
const GONE_WITHIN_MS = 12_000;
const AGAIN_WITHIN_MS = 30_000;
const agents = new URL('./agents.js', import.meta.url);

/** A folder, and every process that carries its mark: those of one spec, wherever Ray hangs them. */
class Marked {
  readonly folder = mkdtempSync(join(tmpdir(), 'conclave-scenario-'));

  get pids(): readonly number[] {
    return carryingMark(`CONCLAVE_SPEC_MARK=${this.folder}`);
  }

  /** Those that run this, by their words. */
  running(words: string): readonly number[] {
    return this.pids.filter((pid) => commandOf(pid).includes(words));
  }

  lines(name: string): number {
    const file = join(this.folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
  }

  async end(): Promise<void> {
    const isGone = await holdsWithin(GONE_WITHIN_MS, () => this.pids.length === 0);
    const left = this.pids.map(commandOf);
    for (const pid of this.pids) killHard(pid);
    rmSync(this.folder, { recursive: true, force: true });
    expect({ isGone, left }).to.deep.equal({ isGone: true, left: [] });
  }
}

/** The folder of a local Ray, which its bridge takes away with it. */
function folderOfRay(marked: Marked): string {
  const [server = 0] = marked.running('gcs_server');
  return /--session-dir=(\S*?conclave-ray-\w+)/.exec(commandOf(server))?.[1] ?? 'none was found';
}

describe('two workers on a Ray of their own', function () {
  this.timeout(90_000);
  let marked: Marked;
  let coalition: Coalition<typeof Agents>;
  let events: WorkerEvent[];

  const crashes = () => events.flatMap((event) => (event.state === 'crashed' ? [event.reason] : []));

  /** Both workers hold a task that goes on for ever the first time it runs. */
  async function linger(file: string) {
    events.length = 0;
    const tasks = await Promise.all(
      [1, 2].map((n) => coalition.submit('lingerOnce', { n, file: join(marked.folder, file) })),
    );
    expect(await holdsWithin(AGAIN_WITHIN_MS, () => marked.lines(file) === 2)).to.equal(true);
    return tasks;
  }

  function kill(words: string): number {
    const [victim] = marked.running(words);
    if (victim === undefined) throw new Error(`nothing runs ${words}`);
    killHard(victim);
    return victim;
  }

  before(async function () {
    needService(this, ray);
    marked = new Marked();
    process.env.CONCLAVE_SPEC_MARK = marked.folder;
    events = [];
    const limits = { workerStartMs: 60_000, creditPerWorker: 8 };
    coalition = await createCoalition<typeof Agents>({ agents, isolation: 'ray', workers: 2, limits });
    coalition.on('worker', (event) => events.push(event));
    coalition.on('fault', () => {});
  });

  after(async () => {
    delete process.env.CONCLAVE_SPEC_MARK;
    await coalition?.shutdown({ graceMs: 0 });
    await marked?.end();
  });

  it('run what they are given, in order, whatever its size', async () => {
    expect(marked.running('host/ray.js')).to.have.members(coalition.workers.map(({ pid }) => pid));
    const inputs = Array.from({ length: 5_000 }, (_, n) => ({ n }));
    expect(await collect(coalition.map('square', inputs))).to.deep.equal(inputs.map(({ n }) => n * n));
    for (const value of [undefined, 'é\u2028\ud800 line\nbreak', new Uint8Array(600 * 1024).fill(7)]) {
      const task = await coalition.submit('echo', value === undefined ? {} : { value });
      expect(await task.result()).to.deep.equal(value);
    }
  });

  it('find a poison task, and harm no batch-mate', async () => {
    const tasks = await Promise.all(
      Array.from({ length: 20 }, (_, at) => coalition.submit('poison', { fatal: at === 7, ms: 1 })),
    );
    const outcomes = await Promise.allSettled(tasks.map((task) => task.result()));
    const failed = outcomes.flatMap(({ status }, at) => (status === 'rejected' ? [at] : []));
    expect(failed).to.deep.equal([7]);
    /* Once with its mates, then alone on each of its 3 attempts. */
    expect(crashes()).to.deep.equal(Array(4).fill('signal SIGKILL'));
  });

  it('abort what is cancelled', async () => {
    const task = await coalition.submit('polite', { file: join(marked.folder, 'said') });
    expect(await holdsWithin(AGAIN_WITHIN_MS, () => marked.lines('said') === 1)).to.equal(true);
    task.cancel();
    await refusal(task.result(), 'Cancelled');
    expect(await holdsWithin(AGAIN_WITHIN_MS, () => marked.lines('said') === 2)).to.equal(true);
  });

  it('lose nothing to SIGKILL of an actor: its task runs again, and its child is gone', async () => {
    const tasks = await linger('actor');
    const before = coalition.workers;
    const victim = kill('ray::WorkerActor');
    const answered = await Promise.race(tasks.map((task) => task.result().then(() => task)));
    const [reason, ...others] = crashes();
    expect(reason).to.match(/^its Ray actor died: .*worker process has died/);
    expect(others).to.deep.equal([]);
    const [dead] = before.filter(({ pid }) => coalition.workers.every((worker) => worker.pid !== pid));
    expect(dead).not.to.equal(undefined);
    expect(marked.pids).not.to.include.oneOf([victim, dead?.pid]);
    const isBack = () => coalition.workers.filter(({ pid }) => pid !== undefined).length === 2;
    expect(await holdsWithin(AGAIN_WITHIN_MS, isBack)).to.equal(true);
    for (const task of tasks) if (task !== answered) task.cancel(); // it was not killed, and lingers on
  });

  it('lose nothing to SIGKILL of a child', async () => {
    const tasks = await linger('child');
    for (const { pid } of coalition.workers) if (pid !== undefined) killHard(pid);
    expect(await Promise.all(tasks.map((task) => task.result()))).to.deep.equal([1, 4]);
    expect(crashes()).to.deep.equal(['signal SIGKILL', 'signal SIGKILL']);
  });

  for (const [part, words, cause] of [
    ['the bridge', 'bridge.py', /^the Ray bridge ended: signal SIGKILL$/],
    ['the raylet', 'raylet/raylet', /^Ray is gone: raylet has ended$/],
  ] as const) {
    it(`lose nothing to SIGKILL of ${part}: another Ray comes up, and nothing is left of the first`, async () => {
      const tasks = await linger(words.slice(0, 6));
      const before = marked.pids;
      const folder = folderOfRay(marked);
      expect(existsSync(folder)).to.equal(true);
      kill(words);
      expect(await Promise.all(tasks.map((task) => task.result()))).to.deep.equal([1, 4]);
      expect(crashes()).to.have.lengthOf(2);
      for (const reason of crashes()) expect(reason).to.match(cause);
      const left = () => before.filter((pid) => marked.pids.includes(pid));
      expect(
        await holdsWithin(GONE_WITHIN_MS, () => left().length === 0),
        `${left().map(commandOf)}`,
      ).to.equal(true);
      expect(existsSync(folder)).to.equal(false);
    });
  }
});

describe('a coalition on a Ray of its own whose coordinator is gone', function () {
  this.timeout(60_000);
  const program = fileURLToPath(new URL('./parent-program.js', import.meta.url));

  before(function () {
    needService(this, ray);
  });

  it('leaves no process and no folder after kill -9, its workers spinning', async () => {
    const marked = new Marked();
    const parent: ChildProcess = spawn(
      process.execPath,
      [program, 'ray', '2', 'spin', join(marked.folder, 'spun')],
      {
        env: { ...process.env, CONCLAVE_SPEC_MARK: marked.folder },
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    let folder = '';
    try {
      await once(parent.stdout ?? parent, 'data');
      expect(await holdsWithin(AGAIN_WITHIN_MS, () => marked.lines('spun') === 2)).to.equal(true);
      expect(marked.running('host/ray.js')).to.have.lengthOf(2);
      folder = folderOfRay(marked);
      expect(existsSync(folder)).to.equal(true);
    } finally {
      parent.kill('SIGKILL');
      await marked.end();
    }
    expect(existsSync(folder)).to.equal(false);
  });
});
