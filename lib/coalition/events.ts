import type { Claim } from '../storage/contract.js';

/** What a coalition tells its listeners; `coalition.on(name, listener)`. */
export interface CoalitionEvents {
  /** A task ended, or will be tried again after `delayMs`. */
  task: (event: TaskEvent) => void;
  /** How far a running task says it is. */
  progress: (event: { readonly id: string; readonly agent: string; readonly fraction: number }) => void;
  /** A worker came or went. */
  worker: (event: WorkerEvent) => void;
  /** A worker that died is being replaced. */
  restart: (event: { readonly worker: string; readonly reason: string }) => void;
  /** A task failed for good. */
  deadLetter: (event: { readonly id: string; readonly agent: string; readonly error: Error }) => void;
  leader: (event: LeaderEvent) => void;
  /** A claim was persisted. */
  claim: (claim: Claim) => void;
  /** Something failed that no caller is waiting for; the coalition goes on. */
  fault: (event: { readonly source: string; readonly error: unknown }) => void;
}

export type TaskEvent = { readonly id: string; readonly agent: string } & (
  | { readonly state: 'completed' }
  | { readonly state: 'retrying'; readonly delayMs: number; readonly error: Error }
  | { readonly state: 'failed'; readonly error: Error }
);

export type WorkerEvent = { readonly worker: string } & (
  | { readonly state: 'ready'; readonly pid: number | undefined }
  | { readonly state: 'left' }
  | { readonly state: 'crashed'; readonly reason: string }
);

export type LeaderEvent =
  | { readonly state: 'elected'; readonly leader: string; readonly epoch: number }
  | { readonly state: 'deposed'; readonly leader: string; readonly epoch: number };
