import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import Libsql from 'libsql';
import { FileBroker } from '../../../../lib/brokers/file.js';
import { idsIn, NOW, refusal, withFolder } from './scratch.js';

const script = fileURLToPath(new URL('./other-process.js', import.meta.url));
const node = (...args: readonly string[]) => [process.execPath, script, ...args];

interface Run {
  readonly child: ChildProcess;
  /** The ids that it said with that word. */
  readonly idsOf: (word: string) => Set<string>;
  readonly words: () => readonly string[];
  readonly ended: Promise<unknown>;
}

/** A process of its own; it is gone when the body is. */
async function withProcess<T>(command: readonly string[], body: (run: Run) => Promise<T>): Promise<T> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = once(child, 'close');
  // The last piece is a line that was cut off, or nothing.
  const lines = () =>
    output
      .split('\n')
      .slice(0, -1)
      .map((line): [string, string[]] => JSON.parse(line));
  try {
    return await body({
      child,
      idsOf: (word) => new Set(lines().flatMap(([said, ids]) => (said === word ? ids : []))),
      words: () => lines().map(([word]) => word),
      ended,
    });
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 2) {
    expect(waitedMs, 'ms waited for another process').to.be.below(20_000);
    await pause(2);
  }
}

/** What is in a ledger whose owner is gone. */
async function leftIn(path: string): Promise<Set<string>> {
  const database = new Libsql(path);
  expect(JSON.stringify(database.pragma('integrity_check'))).to.include('"ok"');
  database.close();
  const broker = await FileBroker.open(path);
  await pause(2); // The longest delay of a refusal.
  const ids = new Set(await idsIn(broker));
  await broker.close(NOW);
  return ids;
}

describe('a ledger, among processes', () => {
  it('loses nothing and brings nothing back when its owner is killed, at any moment, again and again', function () {
    this.timeout(120_000);
    return fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 2, maxLength: 3 }), (delays) =>
        withFolder(async (folder) => {
          const path = join(folder, 'work.db');
          const attempted = new Set<string>();
          const published = new Set<string>();
          const acking = new Set<string>();
          const acked = new Set<string>();
          for (const [life, delayMs] of delays.entries()) {
            await withProcess(
              node('work', path, `${life * 1_000_000 + 1}`),
              async ({ child, ended, idsOf }) => {
                await until(() => idsOf('acked').size > 0); // an ack of nothing is said, too
                await pause(delayMs);
                child.kill('SIGKILL');
                await ended;
                for (const id of idsOf('publishing')) attempted.add(id);
                for (const id of idsOf('published')) published.add(id);
                for (const id of idsOf('acking')) acking.add(id);
                for (const id of idsOf('acked')) acked.add(id);
              },
            );
            const left = await leftIn(path);
            expect(
              [...left].filter((id) => !attempted.has(id)),
              'never published',
            ).to.deep.equal([]);
            expect(
              [...left].filter((id) => acked.has(id)),
              'acked, and back',
            ).to.deep.equal([]);
            const lost = [...published].filter((id) => !left.has(id) && !acking.has(id));
            expect(lost, 'published, never acked, and gone').to.deep.equal([]);
          }
          expect(acked.size).to.be.above(0);
        }),
      ),
      { numRuns: 4 },
    );
  });

  it('is refused while its owner lives, stopped or not, and is free at once when that is killed', function () {
    this.timeout(60_000);
    return withFolder(async (folder) => {
      const path = join(folder, 'work.db');
      await withProcess(node('hold', path), async ({ child, ended, words }) => {
        await until(() => words().includes('open'));
        for (const signal of ['SIGCONT', 'SIGSTOP'] as const) {
          child.kill(signal);
          expect(await refusal(FileBroker.open(path), 'BrokerUnavailable'))
            .to.include(`${path}-lock`)
            .and.include('another process');
        }
        child.kill('SIGKILL');
        await ended;
        await (await FileBroker.open(path)).close(NOW);
      });
    });
  });

  it('meets a full disk with a clear error, keeps what it has, and goes on when there is room', function () {
    this.timeout(60_000);
    return withFolder(async (folder) => {
      const path = join(folder, 'work.db');
      const limited = ['sh', '-c', 'ulimit -S -f 512; exec "$@"', 'sh', ...node('fill', path)];
      await withProcess(limited, async ({ child, idsOf, words, ended }) => {
        const isError = (word: string) => word.startsWith('BrokerUnavailable');
        await until(() => words().some(isError));
        const error = words().find(isError) ?? '';
        expect(error)
          .to.match(/(disk is full|disk refused)/)
          .and.not.include('\n');
        const kept = idsOf('published');
        expect(idsOf(error), 'what it holds after the failure').to.deep.equal(kept);
        const raised = spawnSync('sh', ['-c', `prlimit --fsize=unlimited --pid=${child.pid}`]);
        if (raised.status !== 0) return; // No way to make room on this system.
        await ended;
        expect(child.exitCode).to.equal(0);
        expect(idsOf('published').size).to.equal(kept.size + 10);
        expect(await leftIn(path)).to.deep.equal(idsOf('published'));
      });
    });
  });
});
