import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { encodeFrame, framed } from '../../../lib/core/frame-codec.js';
import type { WorkerSpec } from '../../../lib/executors/contract.js';
import { parsePlace, type RayPlace } from '../../../lib/executors/ray-place.js';
import { withFolder } from '../../scenarios/coalitions.js';
import { holdsWithin, killHard, lives } from '../../scenarios/processes.js';
import { rayPython } from '../../services/ray.js';
import { batchOf } from '../executors/running-worker.js';

/* An actor needs Python alone, and no Ray: what it does with its child is tried without. */
const python = rayPython() ?? 'python3';
const program = fileURLToPath(new URL('../../../../spec/lib/ray/actor-program.py', import.meta.url));
const source = fileURLToPath(new URL('../../../lib/ray/', import.meta.url));
const entry = fileURLToPath(new URL('../../../lib/host/ray.js', import.meta.url));
const SILENCE_MS = 1_000;
/* The watchdog looks every 0.2 s; the rest is for a machine that others load. */
const SOON_MS = 3_000;

const workerSpec: WorkerSpec = {
  id: 'worker-1',
  coalition: 'specs',
  agents: new URL('../../scenarios/agents.js', import.meta.url).href,
  credit: 8,
  concurrency: 1,
  payloadBytesMax: 2 ** 20,
  onceKeysMax: 3,
  epoch: 1,
};

interface Acting {
  readonly actor: ChildProcessWithoutNullStreams;
  readonly place: RayPlace;
  readonly isChildGone: () => boolean;
}

/** An actor whose child spins in user code, where nothing but its watchdog can see to its end. */
async function withSpinning(body: (acting: Acting) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const file = join(folder, 'spun');
    const words = [program, source, String(SILENCE_MS), process.execPath, entry, JSON.stringify(workerSpec)];
    const actor = spawn(python, words);
    actor.stdin.on('error', () => {}); // it is killed on purpose
    const [line] = await once(actor.stdout, 'data');
    const place = parsePlace(JSON.parse(String(line)));
    try {
      actor.stdin.write(framed(encodeFrame(batchOf(1, 'spin', [{ file }]))));
      expect(await holdsWithin(10_000, () => existsSync(file))).to.equal(true);
      await body({ actor, place, isChildGone: () => !lives(place.pid) });
    } finally {
      for (const { pid } of place.processes) killHard(pid);
    }
  });
}

describe("a worker's actor", function () {
  this.timeout(60_000);

  before(function () {
    if (spawnSync(python, ['--version']).status !== 0) this.skip();
  });

  it('takes its child along when it is killed, though that spins', () =>
    withSpinning(async ({ actor, isChildGone }) => {
      actor.kill('SIGKILL');
      expect(await holdsWithin(SOON_MS, isChildGone)).to.equal(true);
    }));

  it('keeps its child while it is heard, and ends with it when it no longer is', () =>
    withSpinning(async ({ actor, place, isChildGone }) => {
      expect(await holdsWithin(2 * SILENCE_MS, isChildGone)).to.equal(false);
      actor.stdin.end();
      const areGone = () => place.processes.every(({ pid }) => !lives(pid));
      expect(await holdsWithin(SILENCE_MS + SOON_MS, areGone)).to.equal(true);
    }));

  it('cannot hold its child back when it is stopped', () =>
    withSpinning(async ({ actor, isChildGone }) => {
      actor.kill('SIGSTOP');
      expect(await holdsWithin(SILENCE_MS + SOON_MS, isChildGone)).to.equal(true);
    }));

  it('tells how its child ended', () =>
    withSpinning(async ({ actor, place }) => {
      let said = '';
      actor.stdout.on('data', (chunk) => {
        said += String(chunk);
      });
      killHard(place.pid);
      await once(actor, 'exit');
      expect(said).to.include('{"end": "signal SIGKILL"}');
    }));
});
