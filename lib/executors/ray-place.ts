import { readFileSync, readlinkSync } from 'node:fs';
import { type Clock, sleep } from '../core/clock.js';
import { type Fields, list, record, whole } from '../core/parse.js';

/** Where a worker on Ray runs: its child's pid there, and the processes it consists of. */
export interface RayPlace {
  readonly pid: number;
  /** How long a word to it and back takes. */
  readonly tripMs: number;
  /** The same in two processes if one can signal the other; undefined where nobody can tell. */
  readonly machine: string | undefined;
  readonly processes: readonly { readonly pid: number; readonly startedAt: string }[];
}

const LOOK_EVERY_MS = 20;
/** After SIGKILL a process is gone but for what the kernel has to finish. */
const KILLED_WITHIN_MS = 5_000;

/** What the actor said of itself. @throws `InvalidOption` for anything else. */
export function parsePlace(head: Fields): RayPlace {
  const processes = list(head.processes, 'the processes of a worker').map((entry) => {
    const { pid, startedAt } = record(entry, 'a process of a worker');
    return { pid: whole(pid, 'a pid', 1), startedAt: String(startedAt) };
  });
  const machine = typeof head.machine === 'string' ? head.machine : undefined;
  const tripMs = typeof head.tripMs === 'number' ? head.tripMs : 0;
  return { pid: whole(head.pid, 'the pid of a worker', 1), tripMs, machine, processes };
}

/**
 * Resolves when nothing of a worker is left whose actor nobody can ask any more. On this machine it is killed;
 * elsewhere it ends by itself once its pulse has been silent for `silenceMs`.
 */
export async function leftNothing(place: RayPlace, silenceMs: number, clock: Clock): Promise<void> {
  if (place.machine === undefined || place.machine !== thisMachine()) return sleep(clock, 2 * silenceMs);
  const deadlineMs = clock.nowMs() + KILLED_WITHIN_MS;
  const left = () => place.processes.filter(({ pid, startedAt }) => startOf(pid) === startedAt);
  for (const { pid } of left()) killHard(pid);
  while (left().length > 0 && clock.nowMs() < deadlineMs) await sleep(clock, LOOK_EVERY_MS);
}

function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ESRCH: it has gone in this moment. EPERM: it is another's, so none that we have started.
  }
}

/** The same words as `machine` in worker_actor.py. */
function thisMachine(): string | undefined {
  return seen(() => {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  });
}

/** When that process started, in its kernel's ticks: the same words as `started_at` there. Undefined once it is gone. */
function startOf(pid: number): string | undefined {
  return seen(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  });
}

function seen(look: () => string | undefined): string | undefined {
  try {
    return look();
  } catch {
    return undefined; // no such process, or no system that has /proc
  }
}
