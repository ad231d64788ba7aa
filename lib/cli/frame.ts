import { Command, CommanderError } from 'commander';
import { isConclaveError } from '../core/errors.js';
import { type Io, oneLine } from './io.js';
import { WIPE_LINE } from './progress.js';
import { listenForStop } from './signals.js';
import { openOutput } from './streams.js';
import { isUsageError, usageError } from './usage.js';

/** Adds one command to the program: its arguments, its help with an example, and its action. */
export type RegisterCommand = (program: Command, io: Io) => void;

/** A program of several commands. */
export interface CommandLine {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly commands: readonly RegisterCommand[];
}

/** How a command line ended, in its exit code. */
const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

/**
 * Runs the command that `args` name and tells the exit code: 0 done, 1 failed or work abandoned, 2 usage, 130 after
 * Ctrl-C (143 after SIGTERM). Results go to stdout, everything else to stderr, an error as one line; only a
 * defect of Conclave itself shows its stack.
 */
export async function runCommandLine(
  line: CommandLine,
  args: readonly string[],
  host: NodeJS.Process,
): Promise<number> {
  const stderr = openOutput(host.stderr, () => undefined);
  const isTerminal = host.stderr.isTTY === true && host.env.TERM !== 'dumb';
  const stop = listenForStop(host, (note) => stderr.write(isTerminal ? `${WIPE_LINE}${note}` : note));
  const stdout = openOutput(host.stdout, () => stop.abort('closed pipe'));
  let failed = false;
  const io: Io = {
    stdout: stdout.write,
    stderr: stderr.write,
    isTerminal,
    columns: () => host.stderr.columns ?? 80,
    signal: stop.signal,
    fail: (reason) => {
      failed = true;
      if (stdout.isClosed() && stdout.failure() === undefined) return;
      stderr.write(`${line.name}: ${oneLine(reason)}\n`);
    },
  };
  let code = await runProgram(line, args, io);
  /* What was written last fails, if it does, on a later turn of the loop. */
  await new Promise((resolve) => host.stdout.write('', resolve));
  stop.release();
  const broken = stdout.failure();
  if (broken !== undefined) io.fail(`cannot write to stdout: ${broken.message}`);
  if (failed && code === exitCodes.done) code = exitCodes.failed;
  if (stdout.isClosed() && broken === undefined) return exitCodes.done;
  return stop.exitCode() ?? code;
}

async function runProgram(line: CommandLine, args: readonly string[], io: Io): Promise<number> {
  const program = createProgram(line, io);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    /* What stopped because it was asked to has nothing to report. */
    if (io.signal.aborted && error === io.signal.reason) return exitCodes.failed;
    return reportError(line.name, error, io);
  }
}

function createProgram(line: CommandLine, io: Io): Command {
  const program = new Command(line.name)
    .description(line.description)
    .version(line.version, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .configureOutput({ writeOut: io.stdout, writeErr: () => undefined });
  for (const register of line.commands) register(program, io);
  for (const command of [program, ...program.commands]) {
    command.exitOverride((error) => {
      throw error.exitCode === 0 ? error : usageError(error, command);
    });
  }
  return program;
}

function reportError(name: string, error: unknown, io: Io): number {
  /* Help and version were asked for and are printed. */
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done;
  if (isUsageError(error)) {
    io.stderr(`${name}: ${oneLine(error.message)}\n`);
    return exitCodes.usage;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.stderr(isConclaveError(error) ? `${name}: ${oneLine(error.message)}\n` : `${name}: ${text}\n`);
  return exitCodes.failed;
}
