import type { Clock, Timer } from '../../core/clock.js';
import type { RedisConnection } from './connection.js';
import { entriesOf, fieldOf, listOf } from './reply.js';

/** What is woken. */
export interface Sleepers {
  /** Whether anybody waits. */
  readonly isAwaited: () => boolean;
  /** Something has changed in the queue of these keys, or, with '', in the answers. */
  readonly touch: (keys: string) => void;
  /** Anything may have changed. */
  readonly touchAll: () => void;
}

/** How long one look waits at the server: the bound on hearing of what no entry told of. */
const BLOCK_MS = 1_000;
const PAUSE_MS = 250;
const ENTRIES_MAX = 100;

/**
 * Hears what other clients of the tenant have changed: a stream on which whoever changes something leaves a line if
 * somebody waits for it. One blocking read for all that waits here, on a connection of its own, and only while
 * somebody does. It is never trusted alone: when it ends without a word, everybody asks again.
 */
export class WakeUp {
  readonly #connection: RedisConnection;
  readonly #clock: Clock;
  readonly #key: string;
  readonly #instance: string;
  readonly #sleepers: Sleepers;
  /* From the beginning: what lies there costs a look more, and what comes before the first look is not missed. */
  #cursor = '0';
  #isListening = false;
  #hasEnded = false;
  #pause: Timer | undefined;

  constructor(connection: RedisConnection, clock: Clock, key: string, instance: string, sleepers: Sleepers) {
    this.#connection = connection;
    this.#clock = clock;
    this.#key = key;
    this.#instance = instance;
    this.#sleepers = sleepers;
  }

  /** Somebody waits now. */
  listen(): void {
    if (this.#isListening || this.#hasEnded) return;
    this.#isListening = true;
    void this.#look();
  }

  /** Hears nothing more; the look under way ends with the connection. */
  end(): void {
    this.#hasEnded = true;
    this.#pause?.cancel();
  }

  async #look(): Promise<void> {
    while (!this.#hasEnded) {
      try {
        this.#hear(await this.#read());
      } catch {
        // Whoever asks for something hears of the fault; here it only means that nobody tells what is new.
        this.#resumeLater();
        return;
      }
      if (this.#hasEnded || !this.#sleepers.isAwaited()) break;
    }
    this.#isListening = false;
  }

  #read(): Promise<unknown> {
    const stream = ['STREAMS', this.#key, this.#cursor] as const;
    return this.#connection.blocking('XREAD', 'COUNT', ENTRIES_MAX, 'BLOCK', BLOCK_MS, ...stream);
  }

  #hear(reply: unknown): void {
    if (reply === null) {
      this.#sleepers.touchAll();
      return;
    }
    const [stream] = listOf(reply);
    const [, entries] = listOf(stream);
    for (const entry of entriesOf(entries)) {
      this.#cursor = entry.id;
      if (fieldOf(entry, 'by') !== this.#instance) this.#sleepers.touch(fieldOf(entry, 'q') ?? '');
    }
  }

  #resumeLater(): void {
    if (this.#hasEnded) return;
    this.#pause = this.#clock.setTimer(() => {
      this.#sleepers.touchAll();
      void this.#look();
    }, PAUSE_MS);
  }
}
