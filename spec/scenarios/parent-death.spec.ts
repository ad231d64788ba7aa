import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { withFolder } from './coalitions.js';
import { carryingMark, holdsWithin, killHard } from './processes.js';

/* Promised is 1 s; the rest is for a machine that others load. */
const GONE_WITHIN_MS = 10_000;
const WORKERS = 2;
const program = fileURLToPath(new URL('./parent-program.js', import.meta.url));

type End = 'idle' | 'spin' | 'exit' | 'throw';

/** A program with a coalition, running, its workers busy as asked; killed and gone afterwards. */
async function withProgram(
  isolation: 'process' | 'thread',
  end: End,
  body: (parent: ChildProcessWithoutNullStreams, marked: () => number[]) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const spun = join(folder, 'spun');
    const parent = spawn(process.execPath, [program, isolation, String(WORKERS), end, spun], {
      env: { ...process.env, CONCLAVE_SPEC_MARK: folder },
    });
    const marked = () => carryingMark(`CONCLAVE_SPEC_MARK=${folder}`);
    try {
      await once(parent.stdout, 'data');
      expect(await holdsWithin(10_000, () => linesOf(spun) === spinning[end])).to.equal(true);
      expect(marked()).to.have.lengthOf(isolation === 'process' ? 1 + WORKERS : 1);
      await body(parent, marked);
    } finally {
      for (const pid of marked()) killHard(pid);
    }
  });
}

const spinning: Record<End, number> = { idle: 0, spin: WORKERS, exit: 1, throw: 1 };

function linesOf(file: string): number {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
}

describe('a coalition whose parent is gone', function () {
  this.timeout(60_000);

  for (const end of ['idle', 'spin'] as const) {
    it(`leaves no process within a second of kill -9 (workers ${end})`, () =>
      withProgram('process', end, async (parent, marked) => {
        parent.kill('SIGKILL');
        expect(await holdsWithin(GONE_WITHIN_MS, () => marked().length === 0)).to.equal(true);
      }));
  }

  for (const [end, code] of [
    ['exit', 3],
    ['throw', 1],
  ] as const) {
    for (const isolation of ['process', 'thread'] as const) {
      it(`leaves nothing when its parent ends by ${end} without shutdown, a ${isolation} spinning`, () =>
        withProgram(isolation, end, async (parent, marked) => {
          parent.stdin.write('now\n');
          const [exitCode] = await once(parent, 'exit');
          expect(exitCode).to.equal(code);
          expect(await holdsWithin(GONE_WITHIN_MS, () => marked().length === 0)).to.equal(true);
        }));
    }
  }

  it('leaves nothing with threads that spin', () =>
    withProgram('thread', 'spin', async (parent, marked) => {
      parent.kill('SIGKILL');
      expect(await holdsWithin(GONE_WITHIN_MS, () => marked().length === 0)).to.equal(true);
    }));
});
