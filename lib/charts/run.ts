import type { AnyActorRef, AnyActorScope, AnyEventObject, AnyStateMachine } from 'xstate';
import { type ChartSnapshot, type Contents, makeSnapshot, type Place } from './snapshot.js';
import type { HistoryValue, Transition } from './transit.js';

/** What the inspector is told of a microstep. */
interface Microstep {
  readonly type: '@xstate.microstep';
  readonly actorRef: AnyActorRef;
  readonly event: AnyEventObject;
  readonly snapshot: ChartSnapshot;
  readonly _transitions: readonly Transition[];
}

/** What an actor lends to the logic that steps it: xstate's scope, with a member of its system that it keeps internal. */
export interface ChartScope extends AnyActorScope {
  readonly system: AnyActorScope['system'] & { _sendInspectionEvent(event: Microstep): void };
}

/** What actions are given. */
export interface ActionArgs {
  readonly context: ChartSnapshot['context'];
  readonly event: AnyEventObject;
  readonly self: AnyActorRef;
  readonly system: AnyActorScope['system'];
}

/** An action of xstate's whose last word waits until all actions of the state it stands in have been resolved. */
type Retry = (snapshot: ChartSnapshot) => void;

/**
 * One event on its way through a chart: what the snapshot will be, as far as the actions have come. The snapshot itself
 * is made when somebody asks for it.
 */
export class Run implements Contents {
  readonly scope: ChartScope;
  /** The event that the current microstep is about. */
  event: AnyEventObject;
  /** Events raised, in their order. */
  readonly queue: AnyEventObject[] = [];
  /** Actors that the state being entered invokes: what is sent to them by name waits for them. */
  awaited: readonly string[] | undefined = undefined;
  readonly machine: AnyStateMachine;
  status: ChartSnapshot['status'];
  output: unknown;
  error: unknown;
  context: ChartSnapshot['context'];
  children: ChartSnapshot['children'];
  historyValue: HistoryValue;
  #place: Place;
  #snapshot: ChartSnapshot;
  #isAhead = false;
  #args: ActionArgs | undefined = undefined;
  #retries: Retry[] | undefined = undefined;

  constructor(snapshot: ChartSnapshot, place: Place, event: AnyEventObject, scope: ChartScope) {
    this.scope = scope;
    this.event = event;
    this.machine = snapshot.machine;
    this.status = snapshot.status;
    this.output = snapshot.output;
    this.error = snapshot.error;
    this.context = snapshot.context;
    this.children = snapshot.children;
    this.historyValue = snapshot.historyValue;
    this.#place = place;
    this.#snapshot = snapshot;
  }

  /** What actions are given now. */
  get args(): ActionArgs {
    this.#args ??= {
      context: this.context,
      event: this.event,
      self: this.scope.self,
      system: this.scope.system,
    };
    return this.#args;
  }

  /** The snapshot as it is now, with the states that were active before the microstep. */
  get snapshot(): ChartSnapshot {
    if (this.#isAhead) {
      this.#snapshot = makeSnapshot(this, this.#place, this.historyValue);
      this.#isAhead = false;
    }
    return this.#snapshot;
  }

  /** Begins a microstep. */
  begin(event: AnyEventObject): void {
    this.event = event;
    this.#args = undefined;
  }

  /** Ends a microstep: from now on these states are active. */
  arrive(place: Place, historyValue: HistoryValue): void {
    this.#place = place;
    this.historyValue = historyValue;
    this.#isAhead = true;
  }

  assign(context: ChartSnapshot['context']): void {
    this.context = context;
    this.#args = undefined;
    this.#isAhead = true;
  }

  /** The root is over. */
  complete(output: unknown): void {
    this.status = 'done';
    this.output = output;
    this.#isAhead = true;
  }

  /** Goes on with the snapshot that one of xstate's own actions has made of the current one. */
  adopt(snapshot: ChartSnapshot): void {
    if (snapshot === this.#snapshot) return;
    this.#snapshot = snapshot;
    this.#isAhead = false;
    this.#args = undefined;
    this.context = snapshot.context;
    this.children = snapshot.children;
  }

  /** Begins the actions of a state that invokes actors. */
  awaitActors(ids: readonly string[]): void {
    this.awaited = ids;
    this.#retries = [];
  }

  /** Has an action resolve again once the actors of its state are there; nobody waits for any in other states. */
  retry(retry: Retry): void {
    this.#retries?.push(retry);
  }

  /** Ends the actions of that state. */
  resolveRetries(): void {
    for (const retry of this.#retries ?? []) retry(this.snapshot);
    this.awaited = undefined;
    this.#retries = undefined;
  }
}
