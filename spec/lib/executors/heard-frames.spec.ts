import { expect } from 'chai';
import type { WorkerFrame } from '../../../lib/core/frame.js';
import { encodeFrame, framed } from '../../../lib/core/frame-codec.js';
import { encode } from '../../../lib/core/value.js';
import { HeardFrames } from '../../../lib/executors/heard-frames.js';
import { RayLink } from '../../../lib/executors/ray-link.js';
import { batchOf } from './running-worker.js';

const ready: WorkerFrame = { type: 'ready', credit: 8 };
const answer: WorkerFrame = {
  type: 'settled',
  batch: 1,
  at: [0],
  values: [encode(9)],
  failures: [],
  claims: [],
  credit: 8,
};
const bytesOf = (frame: WorkerFrame) => framed(encodeFrame(frame));
const EXIT = { crashed: true, reason: 'signal SIGKILL' };

function listen() {
  const heard: WorkerFrame[] = [];
  let ends = 0;
  const frames = new HeardFrames({ onFrame: (frame) => heard.push(frame) }, () => {
    ends += 1;
  });
  frames.sent(batchOf(1, 'square', [{ n: 3 }]));
  return { frames, heard, ends: () => ends };
}

/** Bytes that no worker sends, beside those of its frames. */
const broken: readonly (readonly [what: string, bytes: Buffer, said: RegExp])[] = [
  ['noise', Buffer.from('Hello, world!\n'), /a frame of 1214606444 bytes/],
  ['a huge length', Buffer.from([255, 255, 255, 255]), /a frame of 4294967295 bytes/],
  ['half a head', framed('{"type":"rea'), /JSON/],
  ['no head', framed(''), /JSON/],
  ['a number', framed('12'), /a frame must be an object|type/],
  ['an unknown type', framed('{"type":"gossip"}'), /type of a frame must be one of .*, not 'gossip'/],
  [
    'wrong types',
    framed('{"type":"ready","credit":"many"}'),
    /credit must be a whole number from 0, not 'many'/,
  ],
  [
    'a task that it does not hold',
    bytesOf({ ...answer, batch: 7 }),
    /task 0 of batch 7, which it does not hold/,
  ],
  [
    'bytes that are no text',
    Buffer.concat([Buffer.from([0, 0, 0, 4]), Buffer.from([0xff, 0xfe, 0xfd, 0xfc])]),
    /JSON/,
  ],
];

describe('what comes from a worker', () => {
  it('is handed on, however its bytes are cut', () => {
    const { frames, heard, ends } = listen();
    for (const byte of Buffer.concat([bytesOf(ready), bytesOf(answer)]))
      frames.hearBytes(Buffer.from([byte]));
    expect(heard).to.deep.equal([ready, answer]);
    expect(ends()).to.equal(0);
    expect(frames.exitOf(EXIT)).to.equal(EXIT);
  });

  for (const [what, bytes, said] of broken) {
    it(`ends it, once, and is heard no more: ${what}`, () => {
      const { frames, heard, ends } = listen();
      frames.hearBytes(Buffer.concat([bytesOf(ready), bytes, bytesOf(answer)]));
      frames.hearBytes(bytesOf(answer));
      expect(heard).to.deep.equal([ready]);
      expect(ends()).to.equal(1);
      const { crashed, reason, cause } = frames.exitOf({ crashed: false, reason: 'left' });
      expect(crashed).to.equal(true);
      expect(reason).to.match(said).and.to.include('channel of their worker');
      expect(cause).to.have.property('code', 'MalformedFrame');
    });
  }

  it('ends it when a frame is shorter than its length says, as soon as the next one comes', () => {
    const { frames, heard, ends } = listen();
    const short = bytesOf(answer);
    short.writeUInt32BE(100_000, 0);
    frames.hearBytes(short);
    expect(ends()).to.equal(0);
    frames.hearBytes(bytesOf(ready));
    expect({ heard, ends: ends() }).to.deep.equal({ heard: [], ends: 1 });
  });

  it('ends it when a thread posts what is no text', () => {
    for (const said of [undefined, null, 5, {}, new Uint8Array(4), new Error('not to be read')]) {
      const { frames, ends } = listen();
      frames.hear(said);
      expect(ends()).to.equal(1);
    }
  });

  it('leaves alone what its listener throws', () => {
    const thrown = new Error('a defect');
    const frames = new HeardFrames(
      {
        onFrame: () => {
          throw thrown;
        },
      },
      () => {},
    );
    expect(() => frames.hear(encodeFrame(ready))).to.throw('a defect');
    expect(frames.exitOf(EXIT)).to.equal(EXIT);
  });

  it('ends its actor on Ray just the same', async () => {
    let ends = 0;
    const end = () => {
      ends += 1;
    };
    const heard: WorkerFrame[] = [];
    const link = new RayLink({ write: () => {}, end }, { onFrame: (frame) => heard.push(frame) });
    link.hear(bytesOf(ready));
    link.hear(Buffer.from('Hello, world!\n'));
    link.hear(bytesOf(ready));
    expect({ heard, ends }).to.deep.equal({ heard: [ready], ends: 1 });
    link.end('killed');
    const { crashed, cause } = await link.exited;
    expect(crashed).to.equal(true);
    expect(cause).to.have.property('code', 'MalformedFrame');
  });
});
