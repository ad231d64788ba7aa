import { mkdir, open, readdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import Libsql from 'libsql';
import { systemClock } from '../../../lib/core/clock.js';
import { systemRandom } from '../../../lib/core/random.js';
import { openClaimStore } from '../../../lib/storage/open.js';
import { SqliteClaimStore } from '../../../lib/storage/sqlite.js';
import { SqliteConnection } from '../../../lib/storage/sqlite-connection.js';
import { claim, refusal, withFolder } from './scratch.js';

const fence = { coalition: 'x', epoch: 1 };

/** A file with this many claims, closed again. */
async function filled(folder: string, count: number): Promise<string> {
  const path = join(folder, 'claims.db');
  const store = await SqliteClaimStore.open(path);
  await store.append(
    Array.from({ length: count }, (_, at) => claim(`${at}`, { text: 'word '.repeat(40) })),
    fence,
  );
  await store.close();
  return path;
}

function tamper(path: string, sql: string): void {
  const database = new Libsql(path);
  database.exec(sql);
  database.close();
}

describe('SqliteClaimStore.open', () => {
  it('keeps claims, leases and epochs over a reopening', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'claims.db');
      const first = await SqliteClaimStore.open(path);
      await first.append([claim('1')], { coalition: 'x', epoch: 7 });
      const lease = await first.takeLease('x', 'me', undefined);
      await first.close();
      const second = await SqliteClaimStore.open(path);
      expect(await second.read()).to.deep.equal([claim('1')]);
      expect(await second.readLease('x'))
        .to.deep.equal(lease)
        .and.include({ epoch: 8 });
      await refusal(second.append([], { coalition: 'x', epoch: 7 }), 'StaleEpoch');
      expect(second).to.include({ durable: true, name: `file:${path}` });
      await second.close();
    }));

  it('refuses what cannot be a path, in one line', () =>
    withFolder(async (folder) => {
      const cases = [
        ['redis://host', "must be 'memory' or 'file:PATH', not 'redis://host'"],
        ['', "must be 'memory' or 'file:PATH', not ''"],
        ['file:', 'names no file'],
        ['file:a\0b', 'names no file'],
        [`file:${folder}`, 'is a folder'],
        [`file:${join(folder, 'no', 'claims.db')}`, `lies in ${join(folder, 'no')}, which is no folder`],
        [`file:${join(folder, 'n'.repeat(300))}`, 'ENAMETOOLONG'],
      ] as const;
      for (const [spec, reason] of cases) {
        const message = await refusal(openClaimStore(spec), 'InvalidOption');
        expect(message).to.include(reason).and.not.include('\n');
      }
      expect(await readdir(folder)).to.deep.equal([]);
    }));

  it('refuses a file that is no claim store, and leaves it as it is', () =>
    withFolder(async (folder) => {
      const text = join(folder, 'notes.txt');
      await writeFile(text, 'A note of some length. '.repeat(50));
      const foreign = join(folder, 'foreign.db');
      tamper(foreign, 'CREATE TABLE t (x); INSERT INTO t VALUES (1)');
      for (const [path, reason] of [
        [text, 'not a claim store'],
        [foreign, 'another program'],
      ] as const) {
        const before = await readFile(path);
        for (const mode of ['write', 'read'] as const) {
          const message = await refusal(openClaimStore(`file:${path}`, { mode }), 'StoreUnavailable');
          expect(message).to.include(path).and.include(reason).and.not.include('\n');
        }
        expect((await readFile(path)).equals(before)).to.equal(true);
      }
      expect(await readdir(folder)).to.have.members(['notes.txt', 'foreign.db']);
    }));

  it('refuses a newer schema, naming both versions', () =>
    withFolder(async (folder) => {
      const path = await filled(folder, 1);
      tamper(path, 'PRAGMA user_version = 2');
      const message = await refusal(openClaimStore(`file:${path}`), 'StoreUnavailable');
      expect(message).to.include('version 2').and.include('version 1');
    }));

  it('leaves nothing behind in a folder that cannot be written', () => {
    const uid = process.geteuid?.() ?? 0;
    return withFolder(async (folder) => {
      const handle = await open(folder);
      await handle.chmod(0o555);
      // Root may write anywhere, so the check is made as somebody else.
      if (uid === 0) process.seteuid?.(65_534);
      try {
        const message = await refusal(
          openClaimStore(`file:${join(folder, 'claims.db')}`),
          'StoreUnavailable',
        );
        expect(message).to.include('cannot be created').and.include(folder);
      } finally {
        if (uid === 0) process.seteuid?.(uid);
        await handle.chmod(0o755);
        await handle.close();
      }
      expect(await readdir(folder)).to.deep.equal([]);
    });
  });

  it('removes the file it made when the tables cannot be made', () =>
    withFolder(async (folder) => {
      // A folder stands where the journal must: the file can be created, but nothing be written to it.
      const path = join(folder, 'claims.db');
      await mkdir(`${path}-journal`);
      const message = await refusal(openClaimStore(`file:${path}`), 'StoreUnavailable');
      expect(message).to.include(path).and.not.include('\n');
      expect(await readdir(folder)).to.deep.equal(['claims.db-journal']);
    }));

  it("reads with mode 'read' alone: no file is made, no write goes through", () =>
    withFolder(async (folder) => {
      const missing = join(folder, 'missing.db');
      const message = await refusal(openClaimStore(`file:${missing}`, { mode: 'read' }), 'StoreUnavailable');
      expect(message).to.include(missing).and.include('no such file');
      await writeFile(join(folder, 'empty.db'), '');
      const empty = openClaimStore(`file:${join(folder, 'empty.db')}`, { mode: 'read' });
      expect(await refusal(empty, 'StoreUnavailable')).to.include('the file is empty');
      expect(await readdir(folder)).to.deep.equal(['empty.db']);
      const store = await openClaimStore(`file:${await filled(folder, 2)}`, { mode: 'read' });
      expect(await store.count()).to.equal(2);
      for (const write of [store.append([], fence), store.takeLease('x', 'me', undefined)]) {
        expect(await refusal(write, 'StoreUnavailable')).to.include('opened for reading');
      }
      await store.close();
    }));

  it('gives an open store back, and takes an empty file for a new one', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'claims.db');
      await writeFile(path, '');
      const store = await openClaimStore(`file:${path}`);
      expect(await openClaimStore(store)).to.equal(store);
      expect(await store.count()).to.equal(0);
      await store.close();
    }));

  it('is opened by many at once, one of whom creates it', () =>
    withFolder(async (folder) => {
      const spec = `file:${join(folder, 'claims.db')}`;
      const stores = await Promise.all(Array.from({ length: 5 }, () => openClaimStore(spec)));
      await Promise.all(stores.map((store, at) => store.append([claim(`${at}`)], fence)));
      expect(await stores[0]?.count()).to.equal(5);
      await Promise.all(stores.map((store) => store.close()));
    }));
});

describe('SqliteClaimStore on a bad day', () => {
  it('says that the file is damaged, whichever page is', () =>
    withFolder(async (folder) => {
      const path = await filled(folder, 500);
      const { size } = await stat(path);
      const whole = await readFile(path);
      let found = 0;
      for (let at = 0; at < size; at += 4096 * 9) {
        const bytes = Buffer.from(whole);
        bytes.fill(0xa5, at, at + 4096);
        await writeFile(path, bytes);
        const outcome = await readAll(path).then(
          () => 'read',
          (thrown: unknown) => String(thrown),
        );
        expect(outcome).to.match(
          /^(read$|StoreUnavailable: [^\n]*(damaged|not a claim store|another program))/,
        );
        if (outcome !== 'read') found += 1;
      }
      expect(found).to.be.above(2);
    }));

  it('parses what it reads: a claim that is none is named', () =>
    withFolder(async (folder) => {
      const path = await filled(folder, 3);
      for (const body of ["'{}'", "'[1'", "'7'", "'null'"]) {
        tamper(path, `UPDATE claims SET body = ${body} WHERE position = 2`);
        expect(await refusal(readAll(path), 'StoreUnavailable'), body).to.match(
          /claim 1 in the file is damaged/,
        );
      }
      tamper(path, "UPDATE claims SET body = '{}', id = 'bare' WHERE position = 2");
      expect(await refusal(readAll(path), 'StoreUnavailable')).to.match(/id in the file is damaged/);
    }));

  it('refuses to write to a file that is gone', () =>
    withFolder(async (folder) => {
      const path = await filled(folder, 1);
      const store = await SqliteClaimStore.open(path);
      await unlink(path);
      expect(await refusal(store.append([claim('new')], fence), 'StoreUnavailable')).to.include(
        'moved or deleted',
      );
      await store.close();
    }));

  it('waits for another writer in bounded time with the event loop free, then goes on', () =>
    withFolder(async (folder) => {
      const path = await filled(folder, 1);
      const store = await SqliteClaimStore.open(path, { busyMs: 100 });
      const other = new Libsql(path);
      other.exec('BEGIN EXCLUSIVE');
      // In the background, so that a failure here does not keep the run from ending.
      const background = { background: true };
      let turns = 0;
      const tick = () => {
        turns += 1;
        timer = systemClock.setTimer(tick, 1, background);
      };
      let timer = systemClock.setTimer(tick, 1, background);
      const order: string[] = [];
      const write = (id: string) => store.append([claim(id)], fence).then(() => order.push(id));
      expect(await refusal(write('refused'), 'StoreUnavailable')).to.include('another process holds it');
      expect(turns).to.be.above(2);
      const waiting = [write('a'), write('b'), write('c')];
      await pause(30);
      other.exec('ROLLBACK');
      await Promise.all(waiting);
      timer.cancel();
      expect(order).to.deep.equal(['a', 'b', 'c']);
      expect((await store.read({ after: 1 })).map(({ id }) => id)).to.deep.equal(['a', 'b', 'c']);
      other.close();
      await store.close();
    }));
});

describe('SqliteConnection', () => {
  const options = { name: 'file:x', clock: systemClock, random: systemRandom, busyMs: 100 };

  it('sets what makes commits durable', () =>
    withFolder(async (folder) => {
      const database = new Libsql(join(folder, 'x.db'));
      const connection = new SqliteConnection(database, options);
      await connection.prepareWriting();
      expect(database.pragma('journal_mode')).to.deep.equal([{ journal_mode: 'truncate' }]);
      expect(database.pragma('synchronous')).to.deep.equal([{ synchronous: 2 }]);
      expect(database.pragma('busy_timeout')).to.deep.equal([{ timeout: 10 }]);
      await connection.close();
    }));

  it('asserts it: a database that cannot be set so is refused', async () => {
    const connection = new SqliteConnection(new Libsql(':memory:'), options);
    const message = await refusal(connection.prepareWriting(), 'StoreUnavailable');
    expect(message).to.include('journal_mode is memory where truncate was set');
    await connection.close();
  });

  it('keeps nothing of a step that throws', () =>
    withFolder(async (folder) => {
      const connection = new SqliteConnection(new Libsql(join(folder, 'x.db')), options);
      await connection.write((step) => step.exec('CREATE TABLE t (x)'));
      const failing = connection.write((step) => {
        step.run('INSERT INTO t VALUES (?)', [1]);
        throw new Error('in the middle');
      });
      expect(await failing.catch(String)).to.equal('Error: in the middle');
      expect(await connection.read((step) => step.all('SELECT x FROM t'))).to.deep.equal([]);
      await connection.close();
    }));
});

async function readAll(path: string): Promise<void> {
  const store = await SqliteClaimStore.open(path, { mode: 'read' });
  try {
    await store.read();
    await store.search('word');
    await store.readLease('x');
  } finally {
    await store.close();
  }
}
