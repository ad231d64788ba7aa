import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { isFields } from '../../lib/core/parse.js';
import type { Side } from './row.js';

const START_MS_MAX = 60_000;
const ROUND_MS_MAX = 60_000;
const LEAVE_MS_MAX = 5_000;
const SAID_LENGTH_MAX = 2_000;

/** One side of a row, playing in a process of its own, one round at a time. */
export class SideProcess {
  readonly #side: Side;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  #said = '';

  private constructor(side: Side, environment: NodeJS.ProcessEnv) {
    this.#side = side;
    const [program = '', ...args] = side.command;
    this.#child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...environment, ...side.environment },
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = `${this.#said}${text}`.slice(-SAID_LENGTH_MAX);
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.once('error', (error) => {
      this.#said += error.message;
    });
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Resolves once it is ready for its first round. */
  static async start(side: Side, environment: NodeJS.ProcessEnv = {}): Promise<SideProcess> {
    const player = new SideProcess(side, environment);
    try {
      await player.#answer(START_MS_MAX);
    } catch (error) {
      await player.end();
      throw error;
    }
    return player;
  }

  /** The figure of one more round. @throws where the result was not right, or it has died. */
  async round(): Promise<number> {
    this.#child.stdin.write('round\n');
    const { figure } = await this.#answer(ROUND_MS_MAX);
    if (typeof figure === 'number' && Number.isFinite(figure)) return figure;
    throw new Error(`${this.#side.name} answered a round with ${figure}, which is no figure`);
  }

  /** Lets it leave, and ends it where it does not. */
  async end(): Promise<void> {
    const hasLeft = () => this.#child.exitCode !== null || this.#child.signalCode !== null;
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), LEAVE_MS_MAX);
    if (!hasLeft() && this.#child.pid !== undefined) await once(this.#child, 'exit');
    clearTimeout(timer);
    this.#reader.close();
  }

  /** The next line that is an answer: a library may print beside it. */
  async #answer(withinMs: number): Promise<{ readonly [field: string]: unknown }> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), withinMs);
    try {
      for (;;) {
        const { value, done } = await this.#lines.next();
        if (done === true)
          throw new Error(`${this.#side.name} has ended: ${this.#said.trim() || 'it said nothing'}`);
        const answer = parsed(value);
        if (answer?.error !== undefined) throw new Error(`${this.#side.name}: ${answer.error}`);
        if (answer !== undefined) return answer;
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

function parsed(line: string): { readonly [field: string]: unknown } | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
