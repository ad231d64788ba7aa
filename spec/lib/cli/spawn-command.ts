import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** How a command ended, with everything it wrote. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs in a process of its own. */
export interface RunningCommand {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Outcome>;
  /** Resolves once the text stands on that stream; rejects if the command ends without it. */
  said(stream: 'stdout' | 'stderr', text: string): Promise<void>;
}

/* A command that a broken frame never ends must not outlive its spec. */
const BOUNDED = { timeout: 45_000, killSignal: 'SIGKILL' } as const;

/** The command itself. */
export const conclave = new URL('../../../lib/cli/main.js', import.meta.url);

/** Runs `conclave` as a person would, to its end. */
export function runConclave(...args: string[]): Promise<Outcome> {
  return startModule(conclave, args).ended;
}

/** Starts `conclave` and leaves it running. */
export function startConclave(...args: string[]): RunningCommand {
  return startModule(conclave, args);
}

/** Where a command runs. */
export interface Surroundings {
  /** In its environment beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** It leads a process group of its own, as a command that a shell starts does: signals can go to all of it. */
  readonly ownGroup?: boolean;
  /** How long it may take before it is killed, if more than a command takes that has its work at hand. */
  readonly timeoutMs?: number;
}

/** Starts a compiled module as a command. */
export function startModule(
  module: URL,
  args: readonly string[],
  { env = {}, ownGroup = false, timeoutMs: timeout = BOUNDED.timeout }: Surroundings = {},
): RunningCommand {
  const child = spawn(process.execPath, [fileURLToPath(module), ...args], {
    ...BOUNDED,
    timeout,
    env: { ...process.env, ...env },
    detached: ownGroup,
  });
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      written[stream] += text;
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code, ...written }));
  const said = async (stream: 'stdout' | 'stderr', text: string) => {
    while (!written[stream].includes(text)) {
      const outcome = await Promise.race([ended, once(child[stream], 'data').then(() => undefined)]);
      if (outcome !== undefined) throw new Error(`never said ${text}: ${JSON.stringify(outcome)}`);
    }
  };
  return { child, ended, said };
}
