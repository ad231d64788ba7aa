import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyEventObject,
  type EventObject,
  fromTransition,
} from 'xstate';

/** One incarnation of an actor logic, run by xstate. `_send` steps it at once: only its cell may call it. */
export type Engine = AnyActorRef & { _send(event: EventObject): void };

type Snapshot = AnyEventObject['snapshot'];
type Reducer = (context: unknown, event: EventObject, scope: unknown) => unknown;

/** What xstate's own mailbox keeps of an event; the first of the chain is the one being processed. */
interface MailboxNode {
  readonly value: EventObject;
  next: MailboxNode | null;
}

/** Of an actor of xstate 5 what its `_process` works with. */
interface Innards {
  readonly logic: AnyActorLogic;
  readonly observers: { readonly size: number };
  readonly mailbox: {
    readonly _active: boolean;
    _current: MailboxNode | null;
    _last: MailboxNode | null;
    flush(): void;
  };
  readonly _actorScope: Parameters<AnyActorLogic['transition']>[2];
  readonly _deferred: readonly unknown[];
  _snapshot: Snapshot;
  update(snapshot: Snapshot, event: EventObject): void;
  _error(error: unknown): void;
}

/** Whether somebody inspects: then xstate tells of each step itself. */
export interface Inspected {
  readonly isInspected: boolean;
}

/** Gives events to one incarnation, each at once. */
export interface Stepper {
  /** How well it knows the engine: a reducer, whose transition it takes over; any other logic; not at all. */
  readonly kind: 'reducer' | 'direct' | 'foreign';
  /** What an actor of xstate does with an event that has come to its turn. */
  step(event: EventObject): void;
}

/**
 * A stepper for that engine. It has the effects of xstate's own `_send` without its cost; an engine that it does not
 * know from inside is left to xstate.
 */
export function stepperOf(engine: Engine, inspected: Inspected): Stepper {
  if (!hasInnards(engine)) return { kind: 'foreign', step: (event) => engine._send(event) };
  return new DirectStepper(engine, inspected);
}

/** The end of an actor, whoever sends it: left to xstate, for it happens once. */
const STOP = 'xstate.stop';

class DirectStepper implements Stepper {
  readonly #actor: Engine & Innards;
  readonly #logic: AnyActorLogic;
  readonly #reduce: Reducer | undefined;
  readonly #inspected: Inspected;
  /** Stands for the event at hand in xstate's mailbox, so that what comes meanwhile waits behind it. */
  readonly #atHand: MailboxNode = { value: { type: 'conclave.at-hand' }, next: null };

  get kind(): 'reducer' | 'direct' {
    return this.#reduce === undefined ? 'direct' : 'reducer';
  }

  constructor(actor: Engine & Innards, inspected: Inspected) {
    this.#actor = actor;
    this.#logic = actor.logic;
    this.#reduce = reducerOf(actor.logic, actor._snapshot);
    this.#inspected = inspected;
  }

  step(event: EventObject): void {
    const actor = this.#actor;
    const { mailbox } = actor;
    // An actor that is stopped, has not started, or is in the middle of a step.
    if (!mailbox._active || mailbox._current !== null || event.type === STOP) {
      actor._send(event);
      return;
    }
    mailbox._current = this.#atHand;
    mailbox._last = this.#atHand;
    if (this.#reduce === undefined) this.#transition(event);
    else this.#fold(this.#reduce, event);
    const { next } = this.#atHand;
    mailbox._current = next;
    if (next === null) mailbox._last = null;
    else {
      this.#atHand.next = null;
      mailbox.flush();
    }
  }

  /** What `fromTransition` does, with a snapshot of fixed shape: xstate copies it field by field, which is its whole cost. */
  #fold(reduce: Reducer, event: EventObject): void {
    const actor = this.#actor;
    const { status, output, error, context } = actor._snapshot;
    let next: unknown;
    try {
      next = reduce(context, event, actor._actorScope);
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    this.#show({ status, output, error, context: next }, event);
  }

  #transition(event: EventObject): void {
    const actor = this.#actor;
    let next: Snapshot;
    try {
      next = this.#logic.transition(actor._snapshot, event, actor._actorScope);
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    this.#show(next, event);
  }

  #show(next: Snapshot, event: EventObject): void {
    const actor = this.#actor;
    const isSeen = actor.observers.size > 0 || this.#inspected.isInspected;
    if (isSeen || next.status !== 'active' || actor._deferred.length > 0) actor.update(next, event);
    else actor._snapshot = next;
  }

  #fail(error: unknown): void {
    this.#actor._snapshot = { ...this.#actor._snapshot, status: 'error', error };
    this.#actor._error(error);
  }
}

const SAMPLE = fromTransition((context: unknown) => context, undefined);
const REDUCER_FIELDS = Object.keys(SAMPLE).join();
const SNAPSHOT_FIELDS = 'status,output,error,context';

/**
 * The reducer that a logic of `fromTransition` runs, if it is one, unchanged: its transition has xstate's own text, so
 * that it calls the reducer that it shows as `config`, and does nothing else.
 */
function reducerOf(logic: AnyActorLogic, snapshot: Snapshot): Reducer | undefined {
  if (!('config' in logic) || !isReducer(logic.config)) return undefined;
  const isUnchanged =
    Object.keys(logic).join() === REDUCER_FIELDS && String(logic.transition) === String(SAMPLE.transition);
  const isUsual = Object.keys(Object(snapshot)).join() === SNAPSHOT_FIELDS;
  return isUnchanged && isUsual ? logic.config : undefined;
}

function isReducer(config: unknown): config is Reducer {
  return typeof config === 'function';
}

/** The incarnation as its cell drives it. */
export function toEngine(actor: AnyActorRef): Engine {
  if (isEngine(actor)) return actor;
  throw new TypeError(
    'An xstate actor without _send: this adapter fits xstate 5, a newer one needs its own.',
  );
}

function isEngine(actor: AnyActorRef): actor is Engine {
  return '_send' in actor && typeof actor._send === 'function';
}

const INNARDS = [
  'observers',
  'mailbox',
  '_actorScope',
  '_deferred',
  'update',
  '_error',
] satisfies (keyof Innards)[];

function hasInnards(engine: AnyActorRef): engine is Engine & Innards {
  return INNARDS.every((name) => name in engine) && hasMailbox(engine);
}

function hasMailbox(engine: AnyActorRef): boolean {
  if (!('mailbox' in engine)) return false;
  const { mailbox } = engine;
  if (typeof mailbox !== 'object' || mailbox === null) return false;
  return '_active' in mailbox && '_current' in mailbox && '_last' in mailbox && 'flush' in mailbox;
}
