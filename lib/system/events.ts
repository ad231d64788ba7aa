import type { Listeners } from '../core/listeners.js';
import type { ActorDeadLetter, Exit } from './exit.js';

/** What a system tells whoever listens. */
export interface SystemEventMap {
  /** An event reached nobody. */
  deadLetter: ActorDeadLetter;
  /** An actor is about to be started again, for the `attempt`-th time in a row, after `delayMs`. */
  restart: {
    readonly id: string;
    readonly attempt: number;
    readonly delayMs: number;
    readonly error: unknown;
  };
  /** An incarnation has ended, whether it is started again or not. */
  exit: { readonly id: string; readonly exit: Exit };
  /** A supervisor gave up: `restarts` within its period were more than it puts up with, the last one of `child`. */
  escalated: {
    readonly supervisor: string;
    readonly child: string;
    readonly restarts: number;
    readonly error: unknown;
  };
}

/** The events by name, for who listens. */
export const SYSTEM_EVENTS: Readonly<Record<keyof SystemEventMap, true>> = {
  deadLetter: true,
  restart: true,
  exit: true,
  escalated: true,
};

/** The listeners of a system. */
export type SystemEvents = Listeners<SystemEventMap>;
