import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectSame, inFlight, type Play, perSecond } from '../play.js';
import { chunksOf, type FileSetting, PADDING, partsOf, shuffle } from './work.js';

/* A log as one would write it by hand: a record a call, appended and synced; calls that wait share one sync. */
class FsyncLog {
  readonly #file: number;
  #waiting: { readonly record: Buffer; readonly resolve: () => void }[] = [];

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  append(record: Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#commit());
      this.#waiting.push({ record, resolve });
    });
  }

  close(): void {
    closeSync(this.#file);
  }

  #commit(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    writeSync(this.#file, Buffer.concat(waiting.map(({ record }) => record)));
    fdatasyncSync(this.#file);
    for (const { resolve } of waiting) resolve();
  }
}

export const plays = {
  publishAndAck: async ({ messages, publishBy, ackBy, inFlight: width }: FileSetting): Promise<Play> => {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-bench-'));
    let round = 0;
    return {
      round: async () => {
        round += 1;
        const log = new FsyncLog(join(folder, `${round}.log`));
        const held = new Map<number, string>();
        const figure = await perSecond(messages, async () => {
          await inFlight(chunksOf(messages, publishBy), width, async (chunk) => {
            await log.append(publishRecord(chunk));
            for (const n of chunk) held.set(n, PADDING);
          });
          const shuffled = shuffle([...held.keys()]);
          await inFlight(partsOf(shuffled, ackBy), width, async (chunk) => {
            await log.append(ackRecord(chunk));
            for (const n of chunk) held.delete(n);
          });
        });
        expectSame('messages left', held.size, 0);
        log.close();
        return figure;
      },
      close: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};

function publishRecord(chunk: readonly number[]): Buffer {
  return framed(Buffer.from(chunk.map((n) => JSON.stringify({ n, padding: PADDING })).join('\n')));
}

function ackRecord(chunk: readonly number[]): Buffer {
  return framed(Buffer.from(Uint32Array.from(chunk).buffer));
}

function framed(body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}
