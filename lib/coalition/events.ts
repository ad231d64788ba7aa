import { EventEmitter } from 'eventemitter3';
import type { Claim } from '../storage/contract.js';

/** What a coalition tells its listeners; `coalition.on(name, listener)`. */
export interface CoalitionEvents {
  /** A task ended, or will be tried again after `delayMs`. */
  readonly task: TaskEvent;
  /** How far a running task says it is. */
  readonly progress: { readonly id: string; readonly agent: string; readonly fraction: number };
  /** A worker came or went. */
  readonly worker: WorkerEvent;
  /** A worker, or another part, that died is being replaced. */
  readonly restart: { readonly actor: string; readonly reason: string };
  /** A task failed for good. */
  readonly deadLetter: { readonly id: string; readonly agent: string; readonly error: Error };
  readonly leader: LeaderEvent;
  /** A claim was persisted. */
  readonly claim: Claim;
  /** Something failed that no caller is waiting for; the coalition goes on. */
  readonly fault: { readonly source: string; readonly error: unknown };
}

/** A task that ended, or failed and will be tried again. */
export type TaskEvent = { readonly id: string; readonly agent: string } & (
  | { readonly state: 'completed' }
  | { readonly state: 'retrying'; readonly delayMs: number; readonly error: Error }
  | { readonly state: 'failed'; readonly error: Error }
);

/** A worker that is ready, left, or died; `pid` is undefined for a thread. */
export type WorkerEvent = { readonly worker: string } & (
  | { readonly state: 'ready'; readonly pid: number | undefined }
  | { readonly state: 'left' }
  | { readonly state: 'crashed'; readonly reason: string }
);

/** This coordinator became the leader of an epoch, or is it no longer. */
export type LeaderEvent =
  | { readonly state: 'elected'; readonly leader: string; readonly epoch: number }
  | { readonly state: 'deposed'; readonly leader: string; readonly epoch: number };

/** Tells listeners what happens. One that throws is a fault, and hurts nobody else. */
export class Announcer {
  readonly #emitter = new EventEmitter();

  on<Name extends keyof CoalitionEvents>(
    name: Name,
    listener: (detail: CoalitionEvents[Name]) => void,
  ): () => void {
    const guarded = (detail: CoalitionEvents[Name]) => {
      try {
        listener(detail);
      } catch (error) {
        if (name === 'fault') console.error('A listener of coalition faults threw:', error);
        else this.emit('fault', { source: `listener of '${name}'`, error });
      }
    };
    this.#emitter.on(name, guarded);
    return () => {
      this.#emitter.off(name, guarded);
    };
  }

  /** Nothing is built for an event that nobody hears: ask first where that would cost. */
  isHeard(name: keyof CoalitionEvents): boolean {
    return this.#emitter.listenerCount(name) > 0;
  }

  emit<Name extends keyof CoalitionEvents>(name: Name, detail: CoalitionEvents[Name]): void {
    this.#emitter.emit(name, detail);
  }
}
