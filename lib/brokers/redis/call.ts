import type { Clock, Timer } from '../../core/clock.js';
import type { RedisClient } from './dial.js';
import type { RedisScript } from './script.js';

/** What a command is given. */
export type CommandArgs = readonly (string | Buffer | number)[];

/** What is asked of a server: a command by its name, or a script. */
export interface Asked {
  readonly command: string | RedisScript;
  readonly args: CommandArgs;
  /** How long until it must have been answered. */
  readonly timeoutMs: number;
}

/** A question under way or waiting for a connection; it ends once, whatever comes after. */
export class RedisCall {
  readonly asked: Asked;
  /** The connection that carries it; undefined as long as none does. */
  sentOn: RedisClient | undefined;
  /** What was answered; rejects when it ends without. */
  readonly reply: Promise<unknown>;
  readonly #timer: Timer;
  #resolve: (reply: unknown) => void = () => undefined;
  #reject: (fault: unknown) => void = () => undefined;
  #isOver = false;

  constructor(asked: Asked, clock: Clock, expire: (call: RedisCall) => void) {
    this.asked = asked;
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    /* A loop that was busy has not read yet what has come: that is its turn first. */
    const look = () => {
      if (!this.#isOver) expire(this);
    };
    this.#timer = clock.setTimer(() => clock.defer(look), asked.timeoutMs);
  }

  /** What people call it. */
  get name(): string {
    const { command } = this.asked;
    return typeof command === 'string' ? command : command.name;
  }

  resolve(reply: unknown): void {
    this.#end();
    this.#resolve(reply);
  }

  reject(fault: unknown): void {
    this.#end();
    this.#reject(fault);
  }

  #end(): void {
    this.#isOver = true;
    this.#timer.cancel();
  }
}
