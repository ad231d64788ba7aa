import { backoffDelayMs, type PlainBackoff } from '../../core/backoff.js';
import type { Timer } from '../../core/clock.js';
import type { Random } from '../../core/random.js';
import { type Asked, type CommandArgs, RedisCall } from './call.js';
import {
  type Dialled,
  type DialOptions,
  dial,
  hangUp,
  type RedisClient,
  type ServerAddress,
} from './dial.js';
import { brokerUnavailable, connectionClosed, noAnswer, reasonOf, redisFault, replyCode } from './errors.js';

/** A lane's dialling, and what spreads its tries. */
export interface LaneOptions extends Omit<DialOptions, 'signal'> {
  readonly random: Random;
}

/* At 2 s apart, tries cost a server that comes back nothing; the first follows a cut connection at once. */
const RECONNECT: PlainBackoff = { type: 'exponential', delayMs: 20, delayMsMax: 2_000, jitter: 0.5 };

/** Calls that wait for a connection before a further one is refused at once. */
const WAITING_MAX = 10_000;

/** Replies after which this very server is of no more use: its name or its cluster leads to another. */
const ELSEWHERE = new Set(['READONLY', 'MOVED', 'MASTERDOWN']);

/**
 * One connection after another to the same server. Calls go out in the order in which they were made, and wait for
 * a connection within their time; what may have been carried out is never sent again, and what was not sent in its
 * time never is. When an answer does not come in time the connection is given up: whatever else was sent on it
 * waits behind the same server.
 */
export class RedisLane {
  readonly #options: DialOptions & LaneOptions;
  readonly #onReconnect: () => void;
  readonly #closing = new AbortController();
  readonly #waiting: RedisCall[] = [];
  /** Scripts that the server has been sent on this connection, by digest. */
  readonly #loaded = new Set<string>();
  #client: RedisClient | undefined;
  #address: ServerAddress;
  #failedTries = 0;
  #retry: Timer | undefined;
  /** Why there is no connection, or why there was none last. */
  #reason = 'it has not been connected yet';

  constructor(options: LaneOptions, onReconnect: () => void = () => undefined) {
    this.#options = { ...options, signal: this.#closing.signal };
    this.#onReconnect = onReconnect;
    this.#address = options.url;
  }

  /** Connects for the first time. @throws what `dial` does. */
  async open(): Promise<void> {
    this.#carry(await dial(this.#options, this.#address));
  }

  /** Begins to connect, and goes on until it is. */
  connect(): void {
    void this.#reconnect();
  }

  /** Asks once. @throws `BrokerUnavailable`, `Timeout` or, after `close`, `ShuttingDown`. */
  async call(asked: Asked): Promise<unknown> {
    const { name, clock } = this.#options;
    this.#closing.signal.throwIfAborted();
    if (this.#waiting.length >= WAITING_MAX) throw brokerUnavailable(name, this.#reason);
    const call = new RedisCall(asked, clock, (late) => this.#expire(late));
    this.#forward(call);
    return call.reply;
  }

  /** Ends the connection and every call. */
  close(): void {
    const fault = connectionClosed(this.#options.name);
    this.#closing.abort(fault);
    this.#retry?.cancel();
    for (const call of this.#waiting.splice(0)) call.reject(fault);
    if (this.#client !== undefined) hangUp(this.#client);
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  #carry({ client, address }: Dialled): void {
    if (this.#isClosed) {
      hangUp(client);
      return;
    }
    this.#client = client;
    this.#address = address;
    this.#failedTries = 0;
    this.#loaded.clear();
    client.on('error', (error: unknown) => this.#lose(client, reasonOf(error, 'connection')));
    client.once('end', () => this.#lose(client, 'it ended the connection; is it restarting?'));
    for (const call of this.#waiting.splice(0)) this.#forward(call);
  }

  #forward(call: RedisCall): void {
    const client = this.#client;
    call.sentOn = client;
    if (client === undefined) {
      this.#waiting.push(call);
      return;
    }
    const [command, ...args] = this.#words(call.asked);
    client.call(command, args).then(
      (reply) => call.resolve(reply),
      (thrown: unknown) => this.#refused(client, call, thrown),
    );
  }

  /** A script goes with its source the first time on a connection, so that it keeps its place among others. */
  #words({ command, args }: Asked): [string, ...CommandArgs] {
    if (typeof command === 'string') return [command, ...args];
    if (this.#loaded.has(command.sha)) return ['EVALSHA', command.sha, ...args];
    this.#loaded.add(command.sha);
    return ['EVAL', command.text, ...args];
  }

  #refused(client: RedisClient, call: RedisCall, thrown: unknown): void {
    const { name } = this.#options;
    const { command } = call.asked;
    const code = replyCode(thrown);
    if (code === undefined || ELSEWHERE.has(code)) this.#lose(client, reasonOf(thrown, call.name));
    if (code === undefined) call.reject(this.#isClosed ? connectionClosed(name) : this.#unanswered(call));
    else if (code === 'NOSCRIPT' && typeof command !== 'string') {
      this.#loaded.delete(command.sha);
      this.#forward(call);
    } else call.reject(redisFault(thrown, name, call.name));
  }

  #unanswered(call: RedisCall) {
    const lost = `the connection was lost before ${call.name} was answered`;
    return brokerUnavailable(
      this.#options.name,
      `${lost}, and what became of it is unknown (${this.#reason})`,
    );
  }

  /** Takes a connection out of use, once, and sees to the next. */
  #lose(client: RedisClient, reason: string): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#reason = reason;
    hangUp(client);
    this.#reconnectLater();
  }

  #reconnectLater(): void {
    const { clock, random } = this.#options;
    if (this.#isClosed) return;
    const delayMs = backoffDelayMs(RECONNECT, this.#failedTries + 1, random);
    this.#retry = clock.setTimer(() => void this.#reconnect(), delayMs);
  }

  async #reconnect(): Promise<void> {
    const { url } = this.#options;
    try {
      /* The server that a cluster named may be gone; the one of the URL knows then who took its place. */
      this.#carry(await dial(this.#options, this.#failedTries % 2 === 0 ? this.#address : url));
    } catch (thrown) {
      this.#failedTries += 1;
      this.#reason = reasonOf(thrown, 'connect');
      this.#reconnectLater();
      return;
    }
    if (!this.#isClosed) this.#onReconnect();
  }

  /** Whoever asked hears that the time is over; a connection that did not answer is of no more use. */
  #expire(call: RedisCall): void {
    const { name } = this.#options;
    if (call.sentOn === undefined) {
      this.#waiting.splice(this.#waiting.indexOf(call), 1);
      call.reject(brokerUnavailable(name, `${this.#reason} (${call.name} was not sent)`));
      return;
    }
    const fault = noAnswer(name, call.name, call.asked.timeoutMs);
    call.reject(fault);
    this.#lose(call.sentOn, fault.message);
  }
}
