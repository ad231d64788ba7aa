import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A program that does not outlive this process, however this one ends, SIGKILL included: a shell beside it holds the
 * end of a pipe, and when that breaks, ends the program and removes its folder. Neither is in this process's group,
 * so that Ctrl-C in a terminal reaches them only through it, and neither keeps it alive.
 */
export class WatchedChild {
  readonly pid: number;
  /** Resolves once the program is gone, by whatever end. */
  readonly gone: Promise<void>;
  /** What it wrote so far, the last few thousand characters. */
  said = '';
  #hasGone = false;

  private constructor(child: ChildProcess, pid: number, folder: string) {
    this.pid = pid;
    const watcher = spawnWatcher(pid, folder);
    this.gone = new Promise((resolve) => {
      child.once('exit', () => {
        this.#hasGone = true;
        /* A line lets the watcher go: the pid may be another's by the time this process ends. */
        watcher.stdin?.end('gone\n');
        resolve();
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.said = `${this.said}${text}`.slice(-SAID_LENGTH_MAX);
      });
    }
    for (const held of [child, watcher, child.stdout, child.stderr, watcher.stdin]) release(held);
  }

  static start(program: string, args: readonly string[], folder: string): WatchedChild {
    const child = spawn(program, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid === undefined) throw new Error(`${program} could not be started`);
    return new WatchedChild(child, child.pid, folder);
  }

  get hasGone(): boolean {
    return this.#hasGone;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#hasGone) process.kill(this.pid, signal);
  }

  /** SIGKILL, also to one that is stopped; resolves once it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.gone;
  }
}

const SAID_LENGTH_MAX = 4_000;
const WATCH = 'read -r line || { kill -9 "$1"; rm -rf "$2"; }';

function spawnWatcher(pid: number, folder: string): ChildProcess {
  return spawn('/bin/sh', ['-c', WATCH, 'watcher', String(pid), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

/** What is held by this process, but is no reason for it to stay. */
function release(held: object | null): void {
  if (held !== null && 'unref' in held && typeof held.unref === 'function') held.unref();
}
