import {
  type Actor,
  type AnyActorLogic,
  type AnyActorRef,
  createActor,
  type EventObject,
  fromCallback,
  type InspectionEvent,
  type Observer,
} from 'xstate';
import type { Clock, Timer } from '../core/clock.js';
import { type Engine, type Stepper, stepperOf, toEngine } from './stepper.js';

/** What xstate reports and asks for, answered by whoever keeps the mailboxes. */
export interface EngineHost {
  /** An event from one actor to another; `source` is undefined where it comes from outside. */
  relay(source: AnyActorRef | undefined, target: AnyActorRef, event: EventObject): void;
  /** A delayed event is due. */
  due(source: AnyActorRef, target: AnyActorRef, event: EventObject): void;
  /** It runs. */
  started(engine: AnyActorRef): void;
  /** It has ended, or, while its snapshot is still active, is about to be stopped by its parent. */
  ended(engine: AnyActorRef): void;
  /** Where charts send to under an id. */
  resolve(id: string): unknown;
  /** Something of the user's threw where nobody can catch it. */
  report(what: string, error: unknown): void;
}

/** xstate's `inspect`: what Stately's inspector hands out. */
export type Inspect = Observer<InspectionEvent> | ((event: InspectionEvent) => void);

/** The event with which xstate stops an actor. */
export const STOP_EVENT: EventObject = { type: 'xstate.stop' };

/**
 * The one adapter to xstate: everything that depends on how version 5 works inside. Each engine is a child of an
 * anchor that never runs, whose `system` is ours: so every send, timer and end passes through the host.
 */
export class EngineRoom {
  readonly #anchor: Actor<AnyActorLogic>;
  readonly #system: EngineSystem;

  constructor(host: EngineHost, clock: Clock, inspect: Inspect | undefined) {
    this.#anchor = createActor(fromCallback(() => undefined));
    this.#system = new EngineSystem(host, clock, this.#anchor.sessionId, inspect);
    this.#anchor.system = this.#system;
    this.#system._sendInspectionEvent({ type: '@xstate.actor', actorRef: this.#anchor });
  }

  /** Timers that have not fired. */
  get timersPending(): number {
    return this.#system.scheduler.pending;
  }

  /** Whether that is the parent of all, who takes no events. */
  isAnchor(actor: AnyActorRef): boolean {
    return actor === this.#anchor;
  }

  /** Makes an incarnation; `start` runs it. What the logic throws shows as its `error` snapshot. */
  create(logic: AnyActorLogic, id: string, input: unknown): Engine {
    const options = { id, input, parent: this.#anchor };
    return toEngine(createActor(logic, options));
  }

  /** What gives that engine its events. */
  stepper(engine: Engine): Stepper {
    return stepperOf(engine, this.#system);
  }

  /** Tells the inspector of an event that comes from outside. */
  inspectEvent(target: AnyActorRef, event: EventObject): void {
    this.#system.inspectEvent(undefined, target, event);
  }
}

type WithoutRoot<Event> = Event extends InspectionEvent ? Omit<Event, 'rootId'> : never;

/** What xstate calls its actor system, with the members that version 5 keeps internal. */
class EngineSystem {
  readonly scheduler: EngineScheduler;
  isInspected = false;
  readonly _clock: {
    setTimeout(callback: () => void, delayMs: number): Timer;
    clearTimeout(timer: Timer): void;
  };
  readonly #host: EngineHost;
  readonly #rootId: string;
  readonly #observers = new Set<(event: InspectionEvent) => void>();
  readonly #keyed = new Map<string, AnyActorRef>();
  readonly #live = new WeakSet<AnyActorRef>();
  #sessions = 0;

  constructor(host: EngineHost, clock: Clock, rootId: string, inspect: Inspect | undefined) {
    this.#host = host;
    this.#rootId = rootId;
    this.scheduler = new EngineScheduler(host, clock);
    this._clock = {
      setTimeout: (callback, delayMs) => clock.setTimer(callback, delayMs),
      clearTimeout: (timer) => timer.cancel(),
    };
    if (inspect !== undefined) this.inspect(inspect);
  }

  /** For charts: `sendTo(({ system }) => system.get('door'), …)`. xstate would take undefined for the sender itself. */
  get = (id: PropertyKey): unknown => {
    const name = String(id);
    const keyed = this.#keyed.size > 0 ? this.#keyed.get(name) : undefined;
    return keyed ?? this.#host.resolve(name);
  };

  getAll = (): Record<string, AnyActorRef> => Object.fromEntries(this.#keyed);

  getSnapshot = () => ({ _scheduledEvents: {} });

  start = (): void => undefined;

  _logger = (...items: unknown[]): void => this.#host.report('log', items);

  inspect = (inspect: Inspect) => {
    const observe =
      typeof inspect === 'function' ? inspect : (event: InspectionEvent) => inspect.next?.(event);
    this.#observers.add(observe);
    this.isInspected = true;
    return {
      unsubscribe: () => {
        this.#observers.delete(observe);
        this.isInspected = this.#observers.size > 0;
      },
    };
  };

  _bookId = (): string => {
    this.#sessions += 1;
    return `${this.#rootId}:${this.#sessions}`;
  };

  _register = (sessionId: string, actor: AnyActorRef): string => {
    this.#live.add(actor);
    this.#host.started(actor);
    return sessionId;
  };

  _unregister = (actor: AnyActorRef): void => {
    for (const [key, keyed] of this.#keyed) if (keyed === actor) this.#keyed.delete(key);
    this.#live.delete(actor);
    this.#host.ended(actor);
  };

  _set = (systemId: string, actor: AnyActorRef): void => {
    const holder = this.#keyed.get(systemId);
    if (holder !== undefined && holder !== actor && this.#live.has(holder)) {
      throw new Error(`systemId '${systemId}' is taken by a running actor; give this one another.`);
    }
    this.#keyed.set(systemId, actor);
  };

  _relay = (source: AnyActorRef | undefined, target: AnyActorRef, event: EventObject): void => {
    if (this.isInspected) this.inspectEvent(source, target, event);
    this.#host.relay(source, target, event);
  };

  inspectEvent(source: AnyActorRef | undefined, target: AnyActorRef, event: EventObject): void {
    this._sendInspectionEvent({ type: '@xstate.event', sourceRef: source, actorRef: target, event });
  }

  _sendInspectionEvent = (event: WithoutRoot<InspectionEvent>): void => {
    if (!this.isInspected) return;
    const inspected: InspectionEvent = Object.assign({ rootId: this.#rootId }, event);
    for (const observe of this.#observers) {
      try {
        observe(inspected);
      } catch (error) {
        this.#host.report('An inspect observer threw', error);
      }
    }
  };
}

/** Delayed events and `after`, on our clock, by the actor that set them. */
class EngineScheduler {
  readonly #host: EngineHost;
  readonly #clock: Clock;
  readonly #timers = new Map<AnyActorRef, Map<string, Timer>>();
  #unnamed = 0;

  constructor(host: EngineHost, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
  }

  get pending(): number {
    let pending = 0;
    for (const timers of this.#timers.values()) pending += timers.size;
    return pending;
  }

  schedule = (
    source: AnyActorRef,
    target: AnyActorRef,
    event: EventObject,
    delayMs: number,
    id: string = this.#nextId(),
  ): void => {
    this.cancel(source, id);
    const timers = this.#timers.get(source) ?? new Map<string, Timer>();
    this.#timers.set(source, timers);
    const fire = () => {
      this.#forget(source, id);
      this.#host.due(source, target, event);
    };
    timers.set(id, this.#clock.setTimer(fire, delayMs));
  };

  cancel = (source: AnyActorRef, id: string): void => {
    this.#timers.get(source)?.get(id)?.cancel();
    this.#forget(source, id);
  };

  cancelAll = (source: AnyActorRef): void => {
    for (const timer of this.#timers.get(source)?.values() ?? []) timer.cancel();
    this.#timers.delete(source);
  };

  #forget(source: AnyActorRef, id: string): void {
    const timers = this.#timers.get(source);
    timers?.delete(id);
    if (timers?.size === 0) this.#timers.delete(source);
  }

  #nextId(): string {
    this.#unnamed += 1;
    return `unnamed-${this.#unnamed}`;
  }
}
