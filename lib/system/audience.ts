import type { AnyActorRef, AnyEventObject, Observer } from 'xstate';
import type { Subscription } from '../core/listeners.js';

type Report = (what: string, error: unknown) => void;
type Snapshot = AnyEventObject['snapshot'];

/** Those who watch one actor across its incarnations. One that throws is reported and hurts nobody else. */
export class Audience {
  readonly #report: Report;
  readonly #observers = new Set<Observer<Snapshot>>();
  readonly #handlers = new Set<{ readonly type: string; readonly handle: (emitted: Snapshot) => void }>();
  #actor: AnyActorRef | undefined;
  #isAttached = false;

  constructor(report: Report) {
    this.#report = report;
  }

  /** Watches this incarnation from its first snapshot on; called before it starts. */
  attach(actor: AnyActorRef): void {
    this.#actor = actor;
    this.#isAttached = false;
    if (this.#observers.size + this.#handlers.size > 0) this.#listen();
  }

  subscribe(observer: Observer<Snapshot>): Subscription {
    this.#observers.add(observer);
    this.#listen();
    return { unsubscribe: () => void this.#observers.delete(observer) };
  }

  on(type: string, handle: (emitted: Snapshot) => void): Subscription {
    const handler = { type, handle };
    this.#handlers.add(handler);
    this.#listen();
    return { unsubscribe: () => void this.#handlers.delete(handler) };
  }

  /** The actor is gone for good. */
  close(fault: { readonly error: unknown } | undefined): void {
    for (const observer of this.#observers) {
      this.#guard('subscriber', () =>
        fault === undefined ? observer.complete?.() : observer.error?.(fault.error),
      );
    }
    this.#observers.clear();
    this.#handlers.clear();
  }

  /** xstate is asked to notify only once there is somebody to hear it. */
  #listen(): void {
    if (this.#actor === undefined || this.#isAttached) return;
    this.#isAttached = true;
    this.#actor.subscribe({ next: (snapshot) => this.#next(snapshot), error: () => undefined });
    this.#actor.on('*', (emitted) => this.#emitted(emitted));
  }

  #next(snapshot: Snapshot): void {
    for (const observer of this.#observers) this.#guard('subscriber', () => observer.next?.(snapshot));
  }

  #emitted(emitted: AnyEventObject): void {
    for (const { type, handle } of this.#handlers) {
      if (type === '*' || type === emitted.type) this.#guard(`handler of '${type}'`, () => handle(emitted));
    }
  }

  #guard(what: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#report(`A ${what} threw`, error);
    }
  }
}
