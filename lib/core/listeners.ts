import { EventEmitter } from 'eventemitter3';

/** What a listener leaves with. */
export interface Subscription {
  /** Stops listening; a second call does nothing. */
  unsubscribe(): void;
}

/** Listeners by name, typed by a map of details. One that throws is reported and hurts nobody else. */
export class Listeners<EventMap extends object> {
  readonly #emitter = new EventEmitter<string>();
  readonly #report: (what: string, error: unknown) => void;

  constructor(report: (what: string, error: unknown) => void) {
    this.#report = report;
  }

  on<Name extends keyof EventMap & string>(
    name: Name,
    listener: (detail: EventMap[Name]) => void,
  ): Subscription {
    const guarded = (detail: EventMap[Name]) => {
      try {
        listener(detail);
      } catch (error) {
        this.#report(`A listener of '${name}' threw`, error);
      }
    };
    this.#emitter.on(name, guarded);
    return { unsubscribe: () => void this.#emitter.off(name, guarded) };
  }

  /** Whether anybody listens: ask first where building the detail would cost. */
  isHeard(name: keyof EventMap & string): boolean {
    return this.#emitter.listenerCount(name) > 0;
  }

  emit<Name extends keyof EventMap & string>(name: Name, detail: EventMap[Name]): void {
    this.#emitter.emit(name, detail);
  }
}
