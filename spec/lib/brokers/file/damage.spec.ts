import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import Libsql from 'libsql';
import { FileBroker } from '../../../../lib/brokers/file.js';
import { encode } from '../../../../lib/core/value.js';
import { testEnvelopes } from '../../../../lib/testing/index.js';
import { crashedCopy } from './crashed-copy.js';
import { NOW, QUEUE, refusal, take, withFolder } from './scratch.js';

/** The rows of a ledger, read as a crash has left it. */
function rowsAt(path: string): string {
  const database = new Libsql(path);
  const rows: unknown = database.prepare('SELECT position, checksum FROM journal ORDER BY position').all([]);
  database.close();
  return JSON.stringify(rows);
}

/** What stands in a ledger, in one text; it is opened and closed again. */
async function contents(path: string): Promise<string> {
  const broker = await FileBroker.open(path);
  const letters = (await broker.deadLetters(QUEUE)).map(({ id }) => id);
  const deliveries = (await take(broker)).map(({ seq, envelope, failures }) => [seq, envelope.id, failures]);
  await broker.close(NOW);
  return JSON.stringify({ deliveries, letters });
}

describe('a ledger whose last commit was cut off', () => {
  /** Bytes of the header of a log's frame. Source: sqlite.org/fileformat2.html#walformat. */
  const FRAME_HEADER_BYTES = 24;
  const PAGE_BYTES = 512;
  /** Every byte of the headers is broken, and so many-th of the pages; 1 (every byte) takes ten seconds. */
  const PAGE_STEP = 9;

  /** Ledgers before and after one commit of messages, acks, a refusal and a dead letter. */
  async function aroundACommit(folder: string) {
    const path = join(folder, 'work.db');
    const small = new Libsql(path); // With small pages, so that there are few bytes to break.
    small.exec(`PRAGMA page_size = ${PAGE_BYTES}; CREATE TABLE t (x); DROP TABLE t`);
    small.close();
    const broker = await FileBroker.open(path);
    await broker.publish(QUEUE, testEnvelopes(1, 8));
    const [first, second, ...rest] = await take(broker);
    const before = crashedCopy(path, 'before');
    const terms = { fault: 'failure', delayMs: 0, attemptsMax: 2, reason: 'it threw' } as const;
    await Promise.all([
      broker.publish(QUEUE, testEnvelopes(9, 12)),
      broker.ack(QUEUE, rest),
      broker.nack(QUEUE, first === undefined ? [] : [{ ...terms, receipt: first }]),
      broker.nack(QUEUE, second === undefined ? [] : [{ ...terms, receipt: second, attemptsMax: 1 }]),
    ]);
    const after = crashedCopy(path, 'after');
    await broker.close(NOW);
    return { before, after };
  }

  it('holds what it held before that commit or after it, wherever the log ends or a byte of it flips', async function () {
    this.timeout(120_000);
    // In memory, where there is such a folder: thousands of openings, and what a sync would do is known.
    const folder = existsSync('/dev/shm') ? await mkdtemp('/dev/shm/conclave-ledger-') : undefined;
    await (folder === undefined
      ? withFolder(check)
      : check(folder).finally(() => rm(folder, { recursive: true })));
  });

  async function check(folder: string): Promise<void> {
    const { before, after } = await aroundACommit(folder);
    const [main, log] = [readFileSync(after), readFileSync(`${after}-wal`)];
    const begin = readFileSync(`${before}-wal`).length;
    expect(log.subarray(0, begin).equals(readFileSync(`${before}-wal`)), 'a log is appended to').to.equal(
      true,
    );
    const [rowsBefore, rowsAfter] = [rowsAt(before), rowsAt(after)];
    const [heldBefore, heldAfter] = [await contents(before), await contents(after)];
    expect(heldBefore).to.not.equal(heldAfter);
    const breakTo = (bytes: Buffer) => {
      // A file of its own each: of one that was open, this process may still know things.
      const broken = join(folder, `broken${count}.db`);
      count += 1;
      writeFileSync(broken, main);
      writeFileSync(`${broken}-wal`, bytes);
      return broken;
    };
    let count = 0;
    for (let at = begin; at < log.length; at += 1) {
      const isHeader = (at - begin) % (FRAME_HEADER_BYTES + PAGE_BYTES) < FRAME_HEADER_BYTES;
      if (!isHeader && at % PAGE_STEP !== 0) continue;
      const flipped = Buffer.from(log);
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at);
      for (const [what, bytes] of [
        [`cut off at ${at}`, log.subarray(0, at)],
        [`flipped at ${at}`, flipped],
      ] as const) {
        const broken = breakTo(bytes);
        // The whole way in for some of them: what it reads is what these rows are.
        if (at % 50 === 0) expect(await contents(broken), what).to.equal(heldBefore);
        else expect(rowsAt(broken), what).to.equal(rowsBefore);
        for (const suffix of ['', '-wal', '-shm', '-lock']) rmSync(`${broken}${suffix}`, { force: true });
      }
    }
    expect(rowsAt(breakTo(log))).to.equal(rowsAfter);
    expect(await contents(breakTo(log))).to.equal(heldAfter);
  }
});

describe('a damaged ledger', () => {
  /** A closed ledger of many pages. */
  async function filled(folder: string): Promise<string> {
    const path = join(folder, 'work.db');
    const broker = await FileBroker.open(path);
    const payload = encode('word '.repeat(60));
    for (let at = 1; at <= 400; at += 40)
      await broker.publish(QUEUE, testEnvelopes(at, at + 39, { payload }));
    await broker.ack(QUEUE, await take(broker, 50));
    await broker.close(NOW);
    return path;
  }

  /** What opening finds: all that there was, or an error in one line that says what to do. */
  async function found(path: string): Promise<string> {
    return contents(path).catch((thrown: unknown) => {
      expect(String(thrown), String(thrown)).to.match(
        /^BrokerUnavailable: [^\n]*(damaged|not a ledger|another program|unsupported file format)[^\n]*$/,
      );
      return 'damaged';
    });
  }

  it('is whole or says that it is damaged, whichever page is overwritten', async function () {
    this.timeout(60_000);
    await withFolder(async (folder) => {
      const path = await filled(folder);
      const whole = await contents(path);
      const bytes = readFileSync(path);
      let damaged = 0;
      for (let at = 0; at < bytes.length; at += 4_096) {
        const broken = Buffer.from(bytes);
        broken.fill(0xa5, at + 40, at + 100);
        writeFileSync(path, broken);
        const what = await found(path);
        expect(what).to.be.oneOf([whole, 'damaged']);
        if (what === 'damaged') damaged += 1;
      }
      expect(damaged).to.be.above(bytes.length / 4_096 / 2);
    });
  });

  it('is whole or says that it is damaged, wherever it ends', async function () {
    this.timeout(60_000);
    await withFolder(async (folder) => {
      const path = await filled(folder);
      const whole = await contents(path);
      const bytes = readFileSync(path);
      for (const end of [bytes.length - 1, bytes.length - 4_096, bytes.length / 2, 8_192, 4_096, 100, 1]) {
        writeFileSync(path, bytes);
        truncateSync(path, end);
        const what = await found(path);
        if (end < bytes.length - 1) expect(what, `${end} of ${bytes.length} bytes`).to.equal('damaged');
        else expect(what).to.be.oneOf([whole, 'damaged']);
      }
      writeFileSync(path, bytes);
      expect(await found(path)).to.equal(whole);
    });
  });

  it('says which row is missing or not as it was written', () =>
    withFolder(async (folder) => {
      for (const [sql, reason] of [
        ['DELETE FROM journal WHERE position = 3', 'row 3 is missing'],
        ["UPDATE journal SET body = x'5b5d0a' WHERE position = 4", 'row 4 is not as it was written'],
        ['UPDATE journal SET checksum = checksum + 1 WHERE position = 5', 'row 5 is not as it was written'],
      ] as const) {
        const path = await filled(folder);
        const database = new Libsql(path);
        database.exec(sql);
        database.close();
        expect(await refusal(FileBroker.open(path), 'BrokerUnavailable'))
          .to.include(reason)
          .and.include('restore a copy');
        for (const suffix of ['', '-wal', '-shm', '-lock']) await rm(`${path}${suffix}`, { force: true });
      }
    }));
});
