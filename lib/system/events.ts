import { EventEmitter } from 'eventemitter3';
import type { ActorDeadLetter, Exit } from './exit.js';

/** What a system tells whoever listens. */
export interface SystemEventMap {
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

/** What a listener leaves with. */
export interface Subscription {
  unsubscribe(): void;
}

/** The listeners of a system. One that throws is reported and hurts nobody else. */
export class SystemEvents {
  readonly #emitter = new EventEmitter();
  readonly #report: (what: string, error: unknown) => void;

  constructor(report: (what: string, error: unknown) => void) {
    this.#report = report;
  }

  on<Name extends keyof SystemEventMap>(
    name: Name,
    listener: (detail: SystemEventMap[Name]) => void,
  ): Subscription {
    const guarded = (detail: SystemEventMap[Name]) => {
      try {
        listener(detail);
      } catch (error) {
        this.#report(`A listener of '${name}' threw`, error);
      }
    };
    this.#emitter.on(name, guarded);
    return { unsubscribe: () => void this.#emitter.off(name, guarded) };
  }

  emit<Name extends keyof SystemEventMap>(name: Name, detail: SystemEventMap[Name]): void {
    this.#emitter.emit(name, detail);
  }
}
