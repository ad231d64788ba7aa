import { type Fields, record } from '../core/parse.js';

/*
 * A frame between Node and the bridge, the same both ways as frames.py has it:
 *
 *     u32 length, big-endian | head, one line of JSON | line break | bytes that nobody here looks into
 */

const LENGTH_BYTES = 4;
const LINE_BREAK = 0x0a;

/** Longer frames are of no bridge of ours: a length as large as that is something else on the stream. */
const FRAME_BYTES_MAX = 2 ** 30;

/** A frame taken apart. */
export interface Frame {
  readonly head: Fields;
  readonly body: Buffer;
}

/** A frame for the stream; the body's parts in order, copied. */
export function frameOf(head: object, parts: readonly Buffer[] = []): Buffer {
  const line = JSON.stringify(head);
  const lineBytes = Buffer.byteLength(line) + 1;
  const size = parts.reduce((sum, part) => sum + part.length, lineBytes);
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + size);
  bytes.writeUInt32BE(size, 0);
  bytes.write(`${line}\n`, LENGTH_BYTES);
  let at = LENGTH_BYTES + lineBytes;
  for (const part of parts) at += part.copy(bytes, at);
  return bytes;
}

/** Cuts a byte stream back into frames, however it was chunked. */
export class FrameCutter {
  #chunks: Buffer[] = [];
  #size = 0;
  #wanted = LENGTH_BYTES;

  /** The frames that this chunk completes. @throws `InvalidOption` for bytes that are no frame. */
  *push(chunk: Buffer): IterableIterator<Frame> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= this.#wanted) {
      const bytes = this.#joined();
      const size = bytes.readUInt32BE(0);
      if (size > FRAME_BYTES_MAX) throw new RangeError(`a frame of ${size} bytes`);
      this.#wanted = LENGTH_BYTES + size;
      if (this.#size < this.#wanted) return;
      const frame = frameIn(bytes.subarray(LENGTH_BYTES, this.#wanted));
      this.#keep(bytes.subarray(this.#wanted));
      yield frame;
    }
  }

  #joined(): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && this.#chunks.length === 1) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
    this.#wanted = LENGTH_BYTES;
  }
}

function frameIn(bytes: Buffer): Frame {
  const end = bytes.indexOf(LINE_BREAK);
  const head: unknown = JSON.parse(bytes.toString('utf8', 0, end === -1 ? bytes.length : end));
  return {
    head: record(head, 'the head of a frame'),
    body: end === -1 ? Buffer.alloc(0) : bytes.subarray(end + 1),
  };
}

/** The parts of a body by their sizes. @throws `RangeError` where they do not add up to it. */
export function cut(body: Buffer, sizes: readonly number[]): Buffer[] {
  let at = 0;
  const parts = sizes.map((size) => {
    at += size;
    return body.subarray(at - size, at);
  });
  if (at !== body.length) throw new RangeError(`parts of ${at} bytes in a body of ${body.length}`);
  return parts;
}
