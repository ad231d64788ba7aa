import { expect } from 'chai';
import fc from 'fast-check';
import { cut, type Frame, FrameCutter, frameOf } from '../../../lib/ray/frames.js';

const BYTES_MAX = 64;

/** What the stream says, in pieces of those sizes, then the rest. */
function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const cuts: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    cuts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...cuts, bytes.subarray(at)];
}

const part = fc.uint8Array({ maxLength: BYTES_MAX }).map((bytes) => Buffer.from(bytes));
const frame = fc.record({
  head: fc.record({ id: fc.nat(), text: fc.string({ unit: 'binary' }) }),
  parts: fc.array(part, { maxLength: 4 }),
});

describe('frames of the Ray bridge', () => {
  it('come out as they went in, however the stream was chunked', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 5 }),
        fc.array(fc.integer({ min: 0, max: 40 })),
        (frames, sizes) => {
          const stream = Buffer.concat(frames.map(({ head, parts }) => frameOf(head, parts)));
          const cutter = new FrameCutter();
          const got: Frame[] = [];
          for (const piece of pieces(stream, sizes)) for (const each of cutter.push(piece)) got.push(each);
          expect(got.map(({ head }) => head)).to.deep.equal(frames.map(({ head }) => head));
          const bodies = got.map(({ body }, at) =>
            cut(body, frames[at]?.parts.map(({ length }) => length) ?? []),
          );
          expect(bodies).to.deep.equal(frames.map(({ parts }) => parts));
        },
      ),
    );
  });

  it('are refused where the stream holds something else', () => {
    const printed = Buffer.from('Traceback (most recent call last):\n');
    expect(() => [...new FrameCutter().push(printed)]).to.throw(RangeError, 'a frame of');
    expect(() => [...new FrameCutter().push(Buffer.from([0, 0, 0, 2, 0x31, 0x0a]))]).to.throw(
      'must be an object',
    );
  });

  it('refuses parts that do not add up to their body', () => {
    expect(() => cut(Buffer.from('abc'), [1, 1])).to.throw(RangeError, 'parts of 2 bytes in a body of 3');
  });
});
