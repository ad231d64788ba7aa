import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';

/** A WebSocket server on this machine for one client, as far as it needs one (RFC 6455): text that comes in, and its end. */
export interface WebSocketReceiver {
  readonly url: string;
  /** Texts in order. */
  readonly messages: readonly string[];
  /** Emits `open` when the client has connected. */
  readonly opened: EventEmitter;
  /** Resolves when the client has closed. */
  readonly closed: Promise<unknown>;
  stop(): Promise<void>;
}

/* Fixed by the RFC, section 1.3. */
const HANDSHAKE = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 1;
const CLOSE = 8;

/** Starts one. */
export async function startReceiver(): Promise<WebSocketReceiver> {
  const messages: string[] = [];
  const opened = new EventEmitter();
  const server = createServer();
  const sockets: Duplex[] = [];
  const closed = new Promise((resolve) => {
    server.on('upgrade', (request, socket) => {
      sockets.push(socket);
      const key = String(request.headers['sec-websocket-key']);
      const accept = createHash('sha1').update(`${key}${HANDSHAKE}`).digest('base64');
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.once('close', resolve);
      readFrames(socket, (text) => messages.push(text));
      setImmediate(() => opened.emit('open'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server listens on no port');
  return {
    url: `ws://127.0.0.1:${address.port}`,
    messages,
    opened,
    closed,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Frames of a client are masked (section 5.2); longer ones than 2^16 bytes are not expected here, nor parts of one. */
function readFrames(socket: Duplex, onText: (text: string) => void): void {
  let pending = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    for (let frame = frameOf(pending); frame !== undefined; frame = frameOf(pending)) {
      pending = pending.subarray(frame.bytes);
      if (frame.opcode === TEXT) onText(frame.payload.toString());
      if (frame.opcode === CLOSE) socket.end(Buffer.from([0x80 | CLOSE, 0]));
    }
  });
}

function frameOf(bytes: Buffer): { opcode: number; payload: Buffer; bytes: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  if (short === 127) throw new Error('a frame of more than 65535 bytes');
  const head = short === 126 ? 4 : 2;
  if (bytes.length < head + 4) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  const end = head + 4 + length;
  if (bytes.length < end) return undefined;
  const mask = bytes.subarray(head, head + 4);
  const payload = Buffer.from(bytes.subarray(head + 4, end).map((byte, at) => byte ^ (mask[at % 4] ?? 0)));
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload, bytes: end };
}
