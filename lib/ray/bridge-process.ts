import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ConclaveError, messageOf } from '../core/errors.js';

const ENTRY = fileURLToPath(new URL('bridge.py', import.meta.url));

/** The process of a bridge and the two streams to it. */
export interface BridgeProcess {
  readonly child: ChildProcess;
  readonly toBridge: Writable;
  readonly fromBridge: Readable;
  /** How it ended, in words. */
  readonly exited: Promise<string>;
}

/**
 * Starts the bridge; what it prints goes to our stderr. It leads a process group of its own, so that Ctrl-C does not
 * reach it and that a Ray it has started can be ended as a whole.
 */
export async function startBridgeProcess(
  python: string,
  environment: Readonly<Record<string, string>>,
): Promise<BridgeProcess> {
  // -B: the package's folder may be read-only, and is nobody's to write into.
  const child = spawn(python, ['-B', ENTRY], {
    stdio: ['pipe', 'pipe', 2],
    env: { ...process.env, ...environment },
    detached: true,
  });
  const exited = new Promise<string>((resolve) => {
    child.once('close', (code, signal) =>
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`),
    );
    child.once('error', (error) => resolve(messageOf(error)));
  });
  const { stdin, stdout } = child;
  if (!(stdin instanceof Writable) || !(stdout instanceof Readable)) throw notStarted(python, 'no streams');
  stdin.on('error', () => {}); // a broken stream shows as the exit of the child, with its reason
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw notStarted(python, messageOf(error));
  }
  return { child, toBridge: stdin, fromBridge: stdout, exited };
}

/** Ends a bridge at once, and with `group` everything that it has started. */
export function killBridge(child: ChildProcess, group: boolean): void {
  child.kill('SIGKILL');
  if (!group || child.pid === undefined || process.platform === 'win32') return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // ESRCH: nobody of the group is left, which is what was asked for.
  }
}

function notStarted(python: string, why: string): ConclaveError {
  return new ConclaveError('BrokerUnavailable', `The Ray bridge did not start with ${python}: ${why}.`);
}
