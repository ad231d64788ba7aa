import { Listeners } from '../core/listeners.js';
import type { Claim } from '../storage/contract.js';
import type { PoolEvent } from './hosts/pool-roster.js';

/** What a coalition tells its listeners; `coalition.on(name, listener)`. */
export interface CoalitionEvents {
  /** A task ended, or will be tried again after `delayMs`. */
  readonly task: TaskEvent;
  /** How far a running task says it is. */
  readonly progress: { readonly id: string; readonly agent: string; readonly fraction: number };
  /** A worker came or went. */
  readonly worker: WorkerEvent;
  /** A pool of another process joined, left, or was not heard of for a lease. */
  readonly pool: PoolEvent;
  /** A worker, or another part, that died is being replaced. */
  readonly restart: { readonly actor: string; readonly reason: string };
  /** A task failed for good. */
  readonly deadLetter: { readonly id: string; readonly agent: string; readonly error: Error };
  /** This coordinator began or ceased to lead. */
  readonly leader: LeaderEvent;
  /** A claim was persisted. */
  readonly claim: Claim;
  /** Something failed that no caller is waiting for; the coalition goes on. */
  readonly fault: { readonly source: string; readonly error: unknown };
}

/** A task that ended, was cancelled, or failed and will be tried again. */
export type TaskEvent = {
  /** The task. */
  readonly id: string;
  /** Whose it is. */
  readonly agent: string;
} & (
  | { readonly state: 'completed' }
  | {
      readonly state: 'retrying';
      /** When it is tried again, from now. */
      readonly delayMs: number;
      /** What the try failed with. */
      readonly error: Error;
    }
  | {
      readonly state: 'failed';
      /** What its last try failed with. */
      readonly error: Error;
    }
  | {
      readonly state: 'cancelled';
      /** Why nobody wants it any more. */
      readonly reason: string;
    }
);

/** A worker that is ready, left, or died; `pid` is undefined for a thread. */
export type WorkerEvent = {
  /** Its id, the same for all its lives. */
  readonly worker: string;
} & (
  | {
      readonly state: 'ready';
      /** Its process; undefined for a thread. */
      readonly pid: number | undefined;
    }
  | { readonly state: 'left' }
  | {
      readonly state: 'crashed';
      /** What it died of: an exit code, a signal. */
      readonly reason: string;
    }
);

/** This coordinator became the leader of an epoch, or is it no longer. */
export type LeaderEvent = {
  /** Whether it leads now. */
  readonly state: 'elected' | 'deposed';
  /** The coordinator's own id. */
  readonly leader: string;
  /** The leadership that began, or that is over. */
  readonly epoch: number;
};

const EVENTS: Readonly<Record<keyof CoalitionEvents, true>> = {
  task: true,
  progress: true,
  worker: true,
  pool: true,
  restart: true,
  deadLetter: true,
  leader: true,
  claim: true,
  fault: true,
};

/** Tells a coalition's listeners what happens; one that throws is itself a fault. */
export function createAnnouncer(): Listeners<CoalitionEvents> {
  let isReporting = false;
  const announcer: Listeners<CoalitionEvents> = new Listeners(EVENTS, (source, error) => {
    // A listener of faults that throws has nobody left to tell but the console.
    if (isReporting) {
      console.error(source, error);
      return;
    }
    isReporting = true;
    announcer.emit('fault', { source, error });
    isReporting = false;
  });
  return announcer;
}
