import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Coalition } from '../../lib/coalition/coalition.js';
import type { WorkerEvent } from '../../lib/coalition/events.js';
import { needService } from '../services/needs.js';
import { ray } from '../services/services.js';
import type * as Agents from './agents.js';
import { collect, refusal, withCoalition, withFolder } from './coalitions.js';
import { carryingMark, commandOf, holdsWithin, killHard } from './processes.js';

/* A worker that hears nothing of its bridge ends itself after 5 s; the rest is for a machine that others load. */
const GONE_WITHIN_MS = 10_000;
const AGAIN_WITHIN_MS = 20_000;

interface OnRay {
  readonly coalition: Coalition<typeof Agents>;
  readonly folder: string;
  /** What happened to workers so far. */
  readonly events: readonly WorkerEvent[];
  /** Every process of Ray, its bridge and its workers that lives. */
  readonly marked: () => readonly number[];
  /** Those of them whose command says this. */
  readonly running: (command: string) => readonly number[];
}

/** Two workers on a Ray of their own; whatever the body does to them, nothing is left of it. */
async function onRay(body: (on: OnRay) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const mark = `CONCLAVE_SPEC_MARK=${folder}`;
    process.env.CONCLAVE_SPEC_MARK = folder;
    const marked = () => carryingMark(mark);
    try {
      const limits = { workerStartMs: 30_000, creditPerWorker: 8 };
      await withCoalition({ isolation: 'ray', limits }, async (coalition) => {
        const events: WorkerEvent[] = [];
        coalition.on('worker', (event) => events.push(event));
        const running = (command: string) => marked().filter((pid) => commandOf(pid).includes(command));
        await body({ coalition, folder, events, marked, running });
      });
      expect(await holdsWithin(GONE_WITHIN_MS, () => marked().length === 0)).to.equal(true);
    } finally {
      delete process.env.CONCLAVE_SPEC_MARK;
      for (const pid of marked()) killHard(pid);
    }
  });
}

function crashes(events: readonly WorkerEvent[]): string[] {
  return events.flatMap((event) => (event.state === 'crashed' ? [event.reason] : []));
}

function lines(file: string): number {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
}

describe('two workers on a Ray of their own', function () {
  this.timeout(90_000);

  before(function () {
    needService(this, ray);
  });

  it('run a coalition, survive what they run, and leave nothing', () =>
    onRay(async ({ coalition, folder, events, running }) => {
      expect(running('host/ray.js')).to.have.members(coalition.workers.map(({ pid }) => pid));
      const inputs = Array.from({ length: 5_000 }, (_, n) => ({ n }));
      expect(await collect(coalition.map('square', inputs))).to.deep.equal(inputs.map(({ n }) => n * n));
      const bytes = new Uint8Array(600 * 1024).fill(7);
      expect(await (await coalition.submit('echo', { value: bytes })).result()).to.deep.equal(bytes);

      const mates = Array.from({ length: 20 }, (_, at) =>
        coalition.submit('poison', { fatal: at === 7, ms: 1 }),
      );
      const tasks = await Promise.all(mates);
      const outcomes = await Promise.allSettled(tasks.map((task) => task.result()));
      const failed = outcomes.flatMap(({ status }, at) => (status === 'rejected' ? [at] : []));
      expect(failed).to.deep.equal([7]);
      expect(new Set(crashes(events))).to.deep.equal(new Set(['signal SIGKILL']));

      const begun = join(folder, 'begun');
      const task = await coalition.submit('polite', { file: begun });
      expect(await holdsWithin(AGAIN_WITHIN_MS, () => lines(begun) === 1)).to.equal(true);
      task.cancel();
      await refusal(task.result(), 'Cancelled');
      expect(await holdsWithin(AGAIN_WITHIN_MS, () => lines(begun) === 2)).to.equal(true);
      const report = await coalition.shutdown();
      expect(report).to.include({ completed: 5_020, deadLettered: 1, cancelled: 1, abandoned: 0 });
    }));

  for (const [part, command, cause] of [
    ['an actor', 'ray::WorkerActor', /^its Ray actor died: /],
    ['its bridge', 'bridge.py', /^the Ray bridge ended: signal SIGKILL$/],
    ['its raylet', 'raylet/raylet', /^Ray is gone: raylet has ended$/],
  ] as const) {
    it(`runs a task elsewhere or again after SIGKILL of ${part}, and leaves nothing of the dead`, () =>
      onRay(async ({ coalition, folder, events, marked, running }) => {
        const file = join(folder, 'runs');
        const before = coalition.workers.map(({ pid }) => pid);
        const tasks = await Promise.all([1, 2].map((n) => coalition.submit('lingerOnce', { n, file })));
        expect(await holdsWithin(AGAIN_WITHIN_MS, () => lines(file) === 2)).to.equal(true);
        const old = marked();
        const [victim = 0] = running(command);
        expect(victim).not.to.equal(0);
        killHard(victim);
        const [first, second] = tasks;
        if (part === 'an actor') {
          const answers = tasks.map((task) => task.result().then(() => task));
          const survivor = (await Promise.race(answers)) === first ? second : first;
          survivor?.cancel(); // it lingers on
        } else {
          expect(await Promise.all(tasks.map((task) => task.result()))).to.deep.equal([1, 4]);
        }
        expect(crashes(events)).to.have.lengthOf(part === 'an actor' ? 1 : 2);
        for (const reason of crashes(events)) expect(reason).to.match(cause);
        const dead = before.filter((pid) => !coalition.workers.some((worker) => worker.pid === pid));
        for (const pid of dead) expect(marked()).not.to.include(pid);
        const isGone = () =>
          part === 'an actor' ? !marked().includes(victim) : old.every((pid) => !marked().includes(pid));
        expect(await holdsWithin(GONE_WITHIN_MS, isGone)).to.equal(true);
        await coalition.shutdown({ graceMs: 0 });
      }));
  }
});
