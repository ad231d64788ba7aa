import { readFileSync } from 'node:fs';

/** What a process has used so far. */
export interface ProcessUsage {
  /** Processor time in user and system mode, of all its threads. */
  readonly cpuMs: number;
  /** Resident memory now. */
  readonly memoryBytes: number;
}

/** Linux counts processor time in hundredths of a second, whatever the kernel's own clock (USER_HZ, time(7)). */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4_096;
const UTIME = 11;
const STIME = 12;
const RSS_PAGES = 21;

/**
 * What that process has used, read from /proc; undefined where there is none, or the process is gone.
 * Source: proc_pid_stat(5); fields are counted after the command's name, which may hold anything.
 */
export function processUsage(pid: number): ProcessUsage | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // no /proc here, or no such process: both are the answer
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[UTIME]) + Number(fields[STIME]);
  return { cpuMs: ticks * MS_PER_TICK, memoryBytes: Number(fields[RSS_PAGES]) * PAGE_BYTES };
}
