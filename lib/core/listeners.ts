import { EventEmitter } from 'eventemitter3';
import { wrong } from './parse.js';

/** What a listener leaves with. */
export interface Subscription {
  /** Stops listening; a second call does nothing. */
  unsubscribe(): void;
}

/** Listeners by name, typed by a map of details. One that throws is reported and hurts nobody else. */
export class Listeners<EventMap extends object> {
  readonly #emitter = new EventEmitter<string>();
  readonly #names: readonly string[];
  readonly #report: (what: string, error: unknown) => void;

  constructor(names: Readonly<Record<keyof EventMap, true>>, report: (what: string, error: unknown) => void) {
    this.#names = Object.keys(names);
    this.#report = report;
  }

  /** @throws `InvalidOption` for a name that is never told, or a listener that is no function. */
  on<Name extends keyof EventMap & string>(
    name: Name,
    listener: (detail: EventMap[Name]) => void,
  ): Subscription {
    if (!this.#names.includes(name))
      throw wrong('the event to listen to', `one of ${this.#names.join(', ')}`, name);
    if (typeof listener !== 'function') throw wrong(`a listener of '${name}'`, 'a function', listener);
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
