import type { HostFrame, WorkerFrame } from './frame.js';
import { malformedFrame } from './malformed-frame.js';
import type { Encoded } from './value.js';

/*
 * A frame as text: a head as JSON, then one line a value that was encoded before, untouched. JSON text holds no
 * raw line break, so nothing needs escaping twice:
 *
 *     {"type":"batch","batch":7,"ids":[…],…}\n
 *     {"n":12}\n
 *     {"n":13}
 */

/** Any frame as text. */
export function encodeFrame(frame: HostFrame | WorkerFrame): string {
  switch (frame.type) {
    case 'batch': {
      const { payloads, ...head } = frame;
      return withLines(JSON.stringify(head), payloads);
    }
    case 'chunk': {
      const { payloads, ...head } = frame;
      return withLines(JSON.stringify(head), [payloads]);
    }
    case 'settled': {
      const { values, ...head } = frame;
      return withLines(JSON.stringify(head), values);
    }
    case 'chunkSettled': {
      const { values, ...head } = frame;
      return withLines(JSON.stringify(head), [values]);
    }
    case 'record': {
      const { outcome, ...head } = frame;
      return withLines(JSON.stringify(head), [outcome]);
    }
    case 'state': {
      const { results, ...head } = frame;
      return withLines(JSON.stringify(head), [results]);
    }
    default:
      return JSON.stringify(frame);
  }
}

/** The frame a worker gets. The other side is this same package, so that text it framed has this shape. */
export function decodeHostFrame(text: string): HostFrame {
  return decodeFrame(text) as HostFrame;
}

/** The frame a worker sent. */
export function decodeWorkerFrame(text: string): WorkerFrame {
  return decodeFrame(text) as WorkerFrame;
}

function decodeFrame(text: string): unknown {
  const [head, lines] = split(text);
  switch (head.type) {
    case 'batch':
      return { ...head, payloads: lines };
    case 'chunk':
      return { ...head, payloads: lines[0] };
    case 'settled':
      return { ...head, values: lines };
    case 'chunkSettled':
      return { ...head, values: lines[0] };
    case 'record':
      return { ...head, outcome: lines[0] };
    case 'state':
      return { ...head, results: lines[0] };
    default:
      return head;
  }
}

function withLines(head: string, lines: readonly Encoded[]): string {
  return lines.length === 0 ? head : `${head}\n${lines.join('\n')}`;
}

function split(text: string): [{ readonly type?: unknown }, Encoded[]] {
  const end = text.indexOf('\n');
  if (end === -1) return [JSON.parse(text), []];
  return [JSON.parse(text.slice(0, end)), text.slice(end + 1).split('\n') as Encoded[]];
}

const LENGTH_BYTES = 4;
/** No text is longer than that in V8. Any four letters, read as a length, are more. */
const FRAME_BYTES_MAX = 2 ** 29 - 24;

/** A frame for a byte stream: its length as an unsigned 32-bit big-endian number, then its UTF-8 text. */
export function framed(text: string): Buffer {
  const size = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + size);
  bytes.writeUInt32BE(size, 0);
  bytes.write(text, LENGTH_BYTES);
  return bytes;
}

/** Cuts a byte stream back into the texts that `framed` made, however the stream was chunked. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;

  /** The texts that this chunk completes. @throws `MalformedFrame` where the stream is not one of frames. */
  *push(chunk: Buffer): IterableIterator<string> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    for (let text = this.#next(); text !== undefined; text = this.#next()) yield text;
    this.#refuseZeros(chunk);
  }

  /** JSON text has no zero byte, and the length of most frames has: in a text it is the next frame, too early. */
  #refuseZeros(chunk: Buffer): void {
    const ofText = Math.min(this.#size - LENGTH_BYTES, chunk.length);
    if (ofText > 0 && chunk.includes(0, chunk.length - ofText))
      throw malformedFrame('a frame shorter than its length says');
  }

  #next(): string | undefined {
    if (this.#size < LENGTH_BYTES) return undefined;
    const first = this.#gather(LENGTH_BYTES);
    const length = first.readUInt32BE(0);
    if (length > FRAME_BYTES_MAX) throw malformedFrame(`a frame of ${length} bytes`);
    const end = LENGTH_BYTES + length;
    if (this.#size < end) return undefined;
    const bytes = this.#gather(end);
    const text = bytes.toString('utf8', LENGTH_BYTES, end);
    this.#chunks[0] = bytes.subarray(end);
    this.#size -= end;
    return text;
  }

  /** The first chunk, joined with those after it only when it holds less than `size` bytes. */
  #gather(size: number): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= size) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }
}
