import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import Libsql from 'libsql';
import { openClaimStore } from '../../../lib/storage/open.js';
import { claim, withFolder } from './scratch.js';

const script = fileURLToPath(new URL('./other-process.js', import.meta.url));
const fence = { coalition: 'x', epoch: 1 };

/** A process whose output is collected by lines; it is gone when the body is. */
async function withProcess<T>(
  command: readonly string[],
  body: (run: { child: ChildProcess; lines: () => string[]; ended: Promise<unknown> }) => Promise<T>,
): Promise<T> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = once(child, 'close');
  try {
    // The last piece is a line that was cut off, or nothing.
    return await body({ child, lines: () => output.split('\n').slice(0, -1), ended });
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

const node = (...args: readonly string[]) => [process.execPath, script, ...args];

async function until(condition: () => boolean): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 2) {
    expect(waitedMs, 'ms waited for another process').to.be.below(15_000);
    await pause(2);
  }
}

async function storedIds(path: string): Promise<readonly string[]> {
  const database = new Libsql(path);
  expect(JSON.stringify(database.pragma('integrity_check'))).to.include('"ok"');
  database.close();
  const store = await openClaimStore(`file:${path}`, { mode: 'read' });
  const ids = (await store.read()).map(({ id }) => id);
  await store.close();
  return ids;
}

describe('claims in a file, among processes', () => {
  it('are read by a second process while this one writes', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'claims.db');
      const store = await openClaimStore(`file:${path}`);
      const ids = Array.from({ length: 300 }, (_, at) => `id${at}`);
      await withProcess(node('read', path, String(ids.length)), async ({ lines, ended }) => {
        await until(() => lines().length > 0);
        for (const id of ids) await store.append([claim(id)], fence);
        await ended;
        expect(lines()).to.deep.equal(['ready', ...ids]);
      });
      await store.close();
    }));

  it('are appended by two at once, none lost, none twice, each in its order', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'claims.db');
      const store = await openClaimStore(`file:${path}`);
      await withProcess(node('write', path, 'theirs', '300'), async ({ lines, ended }) => {
        await until(() => lines().length > 0);
        for (let at = 0; at < 300; at += 1) await store.append([claim(`ours${at}`)], fence);
        await ended;
        expect(lines().at(-1)).to.equal('theirs299');
      });
      await store.close();
      const ids = await storedIds(path);
      expect(ids).to.have.length(600);
      for (const who of ['ours', 'theirs']) {
        const expected = Array.from({ length: 300 }, (_, at) => `${who}${at}`);
        expect(ids.filter((id) => id.startsWith(who))).to.deep.equal(expected);
      }
    }));

  it('survive SIGKILL at any moment: whole, in order, and none acknowledged missing', function () {
    this.timeout(60_000);
    return fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 60 }), (delayMs) =>
        withFolder(async (folder) => {
          const path = join(folder, 'claims.db');
          const acknowledged = await withProcess(node('write', path, 'id', '1000000'), async (run) => {
            await until(() => run.lines().length > 0);
            await pause(delayMs);
            run.child.kill('SIGKILL');
            await run.ended;
            return run.lines();
          });
          const ids = await storedIds(path);
          expect(ids).to.deep.equal(ids.map((_, at) => `id${at}`));
          expect(ids.slice(0, acknowledged.length)).to.deep.equal(acknowledged);
          expect(ids.length - acknowledged.length).to.be.within(0, 1);
        }),
      ),
      { numRuns: 8 },
    );
  });

  it('meet a full disk with a clear error, and stay whole', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'claims.db');
      const limited = ['sh', '-c', 'ulimit -f 256; exec "$@"', 'sh', ...node('write', path, 'id', '1000000')];
      const lines = await withProcess(limited, async (run) => {
        await run.ended;
        expect(run.child.exitCode).to.equal(1);
        return run.lines();
      });
      expect(lines.at(-1)).to.match(/^StoreUnavailable: .*(disk is full|disk refused)/);
      expect(await storedIds(path)).to.deep.equal(lines.slice(0, -1));
    }));

  it('cost no driver where none is named', () =>
    withFolder((folder) =>
      withProcess(node('load', join(folder, 'claims.db')), async ({ lines, ended }) => {
        await ended;
        expect(lines()).to.deep.equal(['{"memory":false,"file":true}']);
      }),
    ));
});
