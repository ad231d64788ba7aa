import { writeFileSync, writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { defineAgent } from '../../lib/coalition/define.js';
import { framed } from '../../lib/core/frame-codec.js';

/** What a handler that writes to the channel of its worker may write: text, which is framed, or bytes as they are. */
export const garbage = {
  noise: Buffer.from('Hello, world!\n'),
  'a huge length': Buffer.from([255, 255, 255, 255]),
  'an unknown type': '{"type":"gossip"}',
  'positions that do not exist':
    '{"type":"settled","batch":1,"at":[9999],"failures":[],"claims":[],"credit":1}\n1',
  'wrong types': '{"type":"settled","batch":"1","at":0,"failures":[],"claims":[],"credit":1}',
} as const;

/** Writes to the channel of its worker in the first run of that file's name, and squares. */
export const garble = defineAgent({
  name: 'garble',
  handle({ n, how, file }: { n: number; how?: keyof typeof garbage; file: string }) {
    if (how !== undefined && isFirst(file)) write(garbage[how]);
    return n * n;
  },
});

/** Answers with something that cannot cross, where it is asked to. */
export const odd = defineAgent({
  name: 'odd',
  handle: ({ n, isOdd }: { n: number; isOdd: boolean }) => ({ n: isOdd ? [n, { deep: () => n }] : n }),
});

const CHANNEL_FD = 3;

function write(said: string | Buffer): void {
  if (parentPort !== null) parentPort.postMessage(said);
  else writeSync(CHANNEL_FD, typeof said === 'string' ? framed(said) : said);
}

function isFirst(file: string): boolean {
  try {
    writeFileSync(file, '', { flag: 'wx' });
    return true;
  } catch {
    return false; // it is there
  }
}
