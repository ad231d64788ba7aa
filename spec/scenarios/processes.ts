import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;

/** Pids of the processes that this one started and that live. */
export function childrenOf(parent: number): number[] {
  return pids().filter((pid) => {
    const stat = read(`/proc/${pid}/stat`);
    const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(ppid) === parent && state !== 'Z';
  });
}

/** The children that this process has from now on, beside those that it has already: other suites' servers, say. */
export function newChildren(): () => number[] {
  const known = new Set(childrenOf(process.pid));
  return () => childrenOf(process.pid).filter((pid) => !known.has(pid));
}

/** Pids of the processes that carry this text in their environment: those of one spec, wherever they hang. */
export function carryingMark(mark: string): number[] {
  return pids().filter((pid) => read(`/proc/${pid}/environ`).includes(mark));
}

/** Whether that process runs a worker's program by now. */
export function isWorker(pid: number): boolean {
  return read(`/proc/${pid}/cmdline`).includes('host/process.js');
}

/** Whether that process is there and no zombie. */
export function lives(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== '' && !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

/** The words with which that process was started, or those it has put in their place. */
export function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

/** SIGKILL to a process that one of ours started; it may have gone meanwhile. */
export function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Looks until it holds; false when it did not within `waitMs`. */
export async function holdsWithin(waitMs: number, look: () => boolean): Promise<boolean> {
  const endMs = performance.now() + waitMs;
  while (!look()) {
    if (performance.now() > endMs) return false;
    await pause(LOOK_EVERY_MS);
  }
  return true;
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Nothing where the process has gone meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
