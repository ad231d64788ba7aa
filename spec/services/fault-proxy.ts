import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** One connection through the proxy. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** Its next reply is the last that comes, and does not arrive. */
  losesReply: boolean;
}

interface Trap {
  readonly needle: string;
  readonly cut: 'request' | 'reply';
  readonly sprung: () => void;
}

/**
 * A TCP proxy on 127.0.0.1 that fails on demand: cuts a connection in the middle of a request, or after the request
 * and before its reply; holds everything back; cuts everything. It does not keep the process alive.
 */
export class FaultProxy {
  readonly #target: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #trap: Trap | undefined;
  #isStalled = false;

  private constructor(target: number, server: Server) {
    this.#target = target;
    this.#server = server;
    server.on('connection', (client) => this.#connected(client));
    server.unref();
  }

  /** In front of that port of 127.0.0.1. */
  static async open(target: number): Promise<FaultProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultProxy(target, server);
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return address.port;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Lets the next request that holds this text pass, and cuts its connection before the reply; resolves then. */
  loseReply(needle: string): Promise<void> {
    return this.#arm(needle, 'reply');
  }

  /** Lets half of the next request that holds this text pass, and cuts its connection; resolves then. */
  loseRequest(needle: string): Promise<void> {
    return this.#arm(needle, 'request');
  }

  /** Nothing moves any more, in either direction, and nothing ends. */
  stall(): void {
    this.#isStalled = true;
    for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.pause();
  }

  /** What was held back moves on. */
  flow(): void {
    this.#isStalled = false;
    for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.resume();
  }

  /** Cuts every connection; new ones are served. */
  cut(): void {
    for (const pair of this.#pairs) this.#drop(pair);
  }

  /** Cuts everything, and listens no more. */
  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #arm(needle: string, cut: Trap['cut']): Promise<void> {
    return new Promise((sprung) => {
      this.#trap = { needle, cut, sprung };
    });
  }

  #connected(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1');
    const pair: Pair = { client, server, losesReply: false };
    this.#pairs.add(pair);
    for (const socket of [client, server]) {
      socket.unref().setNoDelay(true);
      socket.on('error', () => this.#drop(pair));
      socket.on('close', () => this.#drop(pair));
      if (this.#isStalled) socket.pause();
    }
    client.on('data', (request) => this.#request(pair, request));
    server.on('data', (reply) => {
      if (pair.losesReply) this.#drop(pair);
      else client.write(reply);
    });
  }

  #request(pair: Pair, request: Buffer): void {
    const trap = this.#trap;
    if (trap === undefined || !request.includes(trap.needle)) {
      pair.server.write(request);
      return;
    }
    this.#trap = undefined;
    if (trap.cut === 'reply') pair.losesReply = true;
    pair.server.write(trap.cut === 'reply' ? request : request.subarray(0, request.length >> 1), () => {
      if (trap.cut === 'request') this.#drop(pair);
    });
    pair.client.once('close', trap.sprung);
  }

  #drop(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.client.destroy();
    pair.server.destroy();
  }
}
