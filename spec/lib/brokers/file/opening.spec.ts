import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import Libsql from 'libsql';
import { FileBroker } from '../../../../lib/brokers/file.js';
import { messageId } from '../../../../lib/core/message.js';
import { testEnvelope, testEnvelopes } from '../../../../lib/testing/index.js';
import { idsIn, NOW, QUEUE, refusal, take, withFolder } from './scratch.js';

function tamper(path: string, sql: string): void {
  const database = new Libsql(path);
  database.exec(sql);
  database.close();
}

/** A closed ledger with so many messages. */
async function filled(folder: string, count: number): Promise<string> {
  const path = join(folder, 'work.db');
  const broker = await FileBroker.open(path);
  for (let at = 1; at <= count; at += 10)
    await broker.publish(QUEUE, testEnvelopes(at, Math.min(count, at + 9)));
  await broker.close(NOW);
  return path;
}

describe('FileBroker.open', () => {
  it('finds what was there, over any number of openings', () =>
    withFolder(async (folder) => {
      const path = await filled(folder, 30);
      for (const left of [30, 20, 10]) {
        const broker = await FileBroker.open(path);
        expect(broker).to.include({ name: `file:${path}` });
        expect(broker.capabilities).to.include({ durable: true, delivery: 'at-least-once', shared: false });
        expect(await broker.depth(QUEUE)).to.include({ ready: left });
        await broker.ack(QUEUE, await take(broker, 10));
        await take(broker, 5); // In flight when it is closed: back at the next opening.
        expect(await broker.close(NOW)).to.deep.equal({ drained: 0, returned: left - 10, abandoned: 0 });
      }
    }));

  it('leaves nothing beside the file but its lock, once closed', () =>
    withFolder(async (folder) => {
      await filled(folder, 30);
      expect(await readdir(folder)).to.have.members(['work.db', 'work.db-lock']);
    }));

  it('is called by the name it was given', () =>
    withFolder(async (folder) => {
      const broker = await FileBroker.open(join(folder, 'work.db'), { name: 'ledger of ada' });
      expect(broker.name).to.equal('ledger of ada');
      expect(
        await refusal(FileBroker.open(join(folder, 'work.db'), { name: 'x' }), 'BrokerUnavailable'),
      ).to.include('broker x');
      await broker.close(NOW);
    }));

  it('refuses what cannot be a path, in one line', () =>
    withFolder(async (folder) => {
      for (const [path, reason] of [
        ['', 'names no file'],
        [' ', 'names no file'],
        ['a\0b', 'names no file'],
        [folder, 'is a folder'],
        [join(folder, 'no', 'work.db'), `lies in ${join(folder, 'no')}, which is no folder`],
        [join(folder, 'n'.repeat(300)), 'ENAMETOOLONG'],
      ] as const) {
        expect(await refusal(FileBroker.open(path), 'InvalidOption'))
          .to.include(reason)
          .and.include('ledger')
          .and.not.include('\n');
      }
      expect(await readdir(folder)).to.deep.equal([]);
    }));

  it('refuses options that there are not', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'work.db');
      const options = { durable: true, name: 'x' };
      expect(await refusal(FileBroker.open(path, options), 'InvalidOption')).to.include('"durable"');
      expect(
        await refusal(FileBroker.open(path, { limits: { queueDepthMax: 0 } }), 'InvalidOption'),
      ).to.include('queueDepthMax');
      expect(await readdir(folder)).to.deep.equal([]);
    }));

  it("refuses another program's file, and leaves it as it is", () =>
    withFolder(async (folder) => {
      const text = join(folder, 'notes.txt');
      await writeFile(text, 'A note of some length. '.repeat(50));
      const foreign = join(folder, 'foreign.db');
      tamper(foreign, 'CREATE TABLE t (x); INSERT INTO t VALUES (1)');
      for (const [path, reason] of [
        [text, 'not a ledger'],
        [foreign, 'another program'],
      ] as const) {
        const before = await readFile(path);
        expect(await refusal(FileBroker.open(path), 'BrokerUnavailable'))
          .to.include(path)
          .and.include(reason)
          .and.not.include('\n');
        expect((await readFile(path)).equals(before)).to.equal(true);
      }
    }));

  it('refuses a newer schema, naming both versions', () =>
    withFolder(async (folder) => {
      const path = await filled(folder, 1);
      tamper(path, 'PRAGMA user_version = 2');
      const message = await refusal(FileBroker.open(path), 'BrokerUnavailable');
      expect(message).to.include('version 2').and.include('version 1');
      tamper(path, 'PRAGMA user_version = 1');
      const broker = await FileBroker.open(path);
      expect(await idsIn(broker)).to.have.length(1);
      await broker.close(NOW);
    }));

  it('takes an empty file for a new ledger, and leaves none where it cannot make one', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'work.db');
      await writeFile(path, '');
      await (await FileBroker.open(path)).close(NOW);
      // A folder stands where the log must: the file can be created, but nothing be written to it.
      const blocked = join(folder, 'blocked.db');
      await mkdir(`${blocked}-journal`);
      await mkdir(`${blocked}-wal`);
      expect(await refusal(FileBroker.open(blocked), 'BrokerUnavailable')).to.not.include('\n');
      expect(await readdir(folder)).to.not.include('blocked.db');
    }));

  it('says so where the folder cannot be written', () => {
    const uid = process.geteuid?.() ?? 0;
    return withFolder(async (folder) => {
      await chmod(folder, 0o555);
      // Root may write anywhere, so the check is made as somebody else.
      if (uid === 0) process.seteuid?.(65_534);
      try {
        expect(await refusal(FileBroker.open(join(folder, 'work.db')), 'BrokerUnavailable'))
          .to.include('cannot be created')
          .and.include(folder);
      } finally {
        if (uid === 0) process.seteuid?.(uid);
        await chmod(folder, 0o755);
      }
      expect(await readdir(folder)).to.deep.equal([]);
    });
  });

  it('refuses a second owner by name, also one of its own process, and is free at once after close', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'work.db');
      for (let opening = 0; opening < 3; opening += 1) {
        const broker = await FileBroker.open(path);
        for (let tries = 0; tries < 2; tries += 1) {
          expect(await refusal(FileBroker.open(path), 'BrokerUnavailable'))
            .to.include(`${path}-lock`)
            .and.include('another broker of this one')
            .and.not.include('\n');
        }
        const link = join(folder, `link${opening}.db`);
        await symlink(path, link);
        expect(await refusal(FileBroker.open(link), 'BrokerUnavailable')).to.include(`${path}-lock`);
        expect(await broker.publish(QUEUE, [testEnvelope(opening + 1)])).to.deep.equal(['accepted']);
        await broker.close(NOW);
      }
    }));

  it('keeps names, ids and texts of every kind', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'work.db');
      const odd = 'a\n"\\\0\u{1F600}\u2028é';
      const envelope = testEnvelope(1, {
        id: messageId(odd),
        producer: odd,
        agent: odd,
        orderingKey: odd,
        headers: { [odd]: odd },
        tries: { attempts: 3, backoff: { initialMs: 1 }, timeoutMs: 5 } as never,
        delayMs: 0,
        priority: 9,
        payload: JSON.stringify(odd) as never,
      });
      const first = await FileBroker.open(path);
      await first.publish(odd, [envelope, testEnvelope(2)]);
      await first.close(NOW);
      const second = await FileBroker.open(path);
      const found = await second.receive(odd, { consumer: 'c', max: 9, waitMs: 0, leaseMs: 9 });
      expect(found.map((delivery) => delivery.envelope)).to.deep.equal([envelope, testEnvelope(2)]);
      await second.close(NOW);
    }));
});
