import type { AnyActorLogic, AnyActorRef, EventObject } from 'xstate';
import type { Clock } from '../core/clock.js';
import { isConclaveError, textOf } from '../core/errors.js';
import { Asks } from './asks.js';
import { Cell, type CellHost } from './cell.js';
import { DeadLetters } from './dead-letters.js';
import { Dispatcher } from './dispatcher.js';
import { Endpoint, Route } from './endpoint.js';
import { type EngineHost, EngineRoom, type Inspect } from './engine.js';
import type { SystemEvents } from './events.js';
import type { DeadLetterReason } from './exit.js';
import { isMalformed, wellFormed } from './malformed.js';
import { type Engine, type Stepper, toEngine } from './stepper.js';

/** What an actor hears when an event that it sent found a full mailbox. */
export interface MailboxFullEvent {
  readonly type: 'mailbox.full';
  /** Whose mailbox it was. */
  readonly to: string;
  /** What did not get in. */
  readonly event: EventObject;
}

/** What a post office is given. */
export interface PostOfficeOptions {
  readonly systemId: string;
  readonly clock: Clock;
  readonly mailboxCapacity: number;
  readonly deadLettersMax: number;
  readonly inspect: Inspect | undefined;
  readonly log: (line: string) => void;
  readonly events: SystemEvents;
}

/** Brings every event of a system to a mailbox, or to the dead letters. */
export class PostOffice implements CellHost, EngineHost {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly mailboxCapacity: number;
  readonly asks: Asks;
  readonly events: SystemEvents;
  readonly letters: DeadLetters;
  readonly #engines: EngineRoom;
  readonly #cells = new WeakMap<AnyActorRef, Cell>();
  readonly #directory = new Map<string, Endpoint>();
  readonly #log: (line: string) => void;
  readonly #inspects: boolean;

  constructor(options: PostOfficeOptions) {
    this.clock = options.clock;
    this.mailboxCapacity = options.mailboxCapacity;
    this.events = options.events;
    this.asks = new Asks(options.clock, options.systemId);
    this.dispatcher = new Dispatcher(options.clock, () => this.asks.look());
    this.letters = new DeadLetters(options.deadLettersMax);
    this.#log = guardLog(options.log);
    this.#inspects = options.inspect !== undefined;
    this.#engines = new EngineRoom(this, options.clock, options.inspect);
  }

  /** Delayed events that have not fired. */
  get timersPending(): number {
    return this.#engines.timersPending;
  }

  /** Makes an incarnation whose events go to that cell; `undefined` for one that is stepped by its owner alone. */
  createEngine(logic: AnyActorLogic, id: string, input: unknown, cell: Cell | undefined): Engine {
    const engine = this.#engines.create(logic, id, input);
    if (cell !== undefined) this.#cells.set(engine, cell);
    return engine;
  }

  stepperOf(engine: Engine): Stepper {
    return this.#engines.stepper(engine);
  }

  find(id: string): Endpoint | undefined {
    return this.#directory.get(id);
  }

  enlist(endpoint: Endpoint): void {
    this.#directory.set(endpoint.id, endpoint);
  }

  strike(endpoint: Endpoint): void {
    if (this.#directory.get(endpoint.id) === endpoint) this.#directory.delete(endpoint.id);
  }

  /** Sends under an id; false, and a dead letter, where nobody takes it. */
  send(id: string, event: EventObject): boolean {
    const known = typeof id === 'string' ? id : textOf(id);
    if (isMalformed(event)) return this.deadLetter(known, event, 'malformed');
    if (this.asks.answer(known, event)) return true;
    return (this.#directory.get(known) ?? this.resolve(known)).receive(event, undefined);
  }

  /** Puts a sender's event into a mailbox. A full one is told to the sender, if that is an actor. */
  post(cell: Cell, event: EventObject, source: AnyActorRef | undefined): boolean {
    if (cell.offer(event)) return true;
    const isFull = cell.isFull;
    this.deadLetter(cell.id, event, isFull ? 'mailbox-full' : 'stopped');
    if (isFull && source !== undefined) {
      const full: MailboxFullEvent = { type: 'mailbox.full', to: cell.id, event };
      this.#cellOf(source).notice(full);
    }
    return false;
  }

  /** The same from outside, where the inspector has not heard of it. */
  postFromOutside(cell: Cell, event: EventObject, target: AnyActorRef | undefined): boolean {
    if (isMalformed(event)) return this.deadLetter(cell.id, event, 'malformed');
    if (this.#inspects && target !== undefined) this.#engines.inspectEvent(target, event);
    return this.post(cell, event, undefined);
  }

  relay(source: AnyActorRef | undefined, target: AnyActorRef | Endpoint, event: EventObject): void {
    if (isMalformed(event)) this.deadLetter(target.id, event, 'malformed');
    else if (target instanceof Endpoint) target.receive(event, source);
    else if (this.#engines.isAnchor(target)) this.#toParentOfAll(event);
    else this.#toActor(source, target, event);
  }

  due(source: AnyActorRef, target: AnyActorRef | Endpoint, event: EventObject): void {
    if (target instanceof Endpoint || target !== source || isMalformed(event))
      this.relay(source, target, event);
    else this.#cellOf(target).control(event, target);
  }

  started(): void {
    // A cell is made when the first event is on its way: many children never get one.
  }

  ended(actor: AnyActorRef): void {
    const cell = this.#cellOf(actor);
    if (cell.isSupervised || cell.isLeaving || !isActive(actor)) {
      cell.end(actor);
      return;
    }
    cell.flush();
    cell.isLeaving = true;
  }

  resolve(id: string): Endpoint {
    if (this.asks.owns(id)) return new Route(id, this, (event) => this.#answer(id, event));
    const found = this.#directory.get(id);
    if (found !== undefined) return found;
    // Resolved again when it is used: a chart may name a peer that is not there yet.
    return new Route(id, this, (event) => {
      const late = this.#directory.get(id);
      if (late !== undefined) return late.receive(event, undefined);
      return this.deadLetter(id, event, id.startsWith('reply:') ? 'unasked' : 'unknown');
    });
  }

  /** Always false, so that a send can end with it. */
  deadLetter(to: string, sent: EventObject, reason: DeadLetterReason, error?: unknown): false {
    const event = wellFormed(sent);
    const letter = error === undefined ? { to, event, reason } : { to, event, reason, error };
    this.letters.add(letter);
    const { total } = this.letters;
    // One line for the 1st, 10th, 100th …: a flood of letters must not become a flood of lines.
    if (Number.isInteger(Math.log10(total))) {
      this.#log(`dead letter no. ${total}: '${event.type}' to '${to}' (${reason})`);
    }
    this.events.emit('deadLetter', letter);
    this.asks.failFor(to, event, reason, error);
    return false;
  }

  report(what: string, error: unknown): void {
    this.#log(`${what}: ${describe(error)}`);
  }

  /** Ends the children that an incarnation leaves behind when it crashes; xstate 5 lets them run on. */
  stopOrphans(actor: AnyActorRef): void {
    for (const child of childrenOf(actor)) {
      const cell = this.#cellOf(child);
      cell.isLeaving = true;
      if (isActive(child)) cell.halt();
    }
  }

  #answer(address: string, event: EventObject): boolean {
    return this.asks.answer(address, event) || this.deadLetter(address, event, 'unasked');
  }

  #toActor(source: AnyActorRef | undefined, target: AnyActorRef, event: EventObject): void {
    const cell = this.#cellOf(target);
    if (cell.isLeaving) cell.step(event);
    else if (!event.type.startsWith('xstate.')) this.post(cell, event, source);
    else if (!isData(event)) cell.control(event, target);
    else if (!cell.data(event, target)) this.deadLetter(cell.id, event, 'mailbox-full');
  }

  #toParentOfAll(event: EventObject): void {
    // How an actor ended is read from its snapshot; its parent here is no actor, so anything else is lost.
    if (!event.type.startsWith('xstate.')) this.deadLetter('parent', event, 'unknown');
  }

  #cellOf(actor: AnyActorRef): Cell {
    const known = this.#cells.get(actor);
    if (known !== undefined) return known;
    const cell = new Cell(actor.id, this, undefined);
    cell.adopt(toEngine(actor));
    this.#cells.set(actor, cell);
    return cell;
  }
}

/** An operating error says itself what to do; anything else is a defect, found by its stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!isConclaveError(error)) return error.stack ?? error.message;
  return error.cause === undefined ? error.message : `${error.message} Cause: ${describe(error.cause)}`;
}

function isActive(actor: AnyActorRef): boolean {
  return actor.getSnapshot()?.status === 'active';
}

/** Values that an observable or a synchronised child makes at its own pace; everything else of xstate's is control. */
function isData(event: EventObject): boolean {
  return event.type === 'xstate.observable.next' || event.type.startsWith('xstate.snapshot.');
}

function childrenOf(actor: AnyActorRef): AnyActorRef[] {
  const snapshot: { readonly children?: Record<string, AnyActorRef | undefined> } = actor.getSnapshot();
  return Object.values(snapshot.children ?? {}).filter((child) => child !== undefined);
}

/** A log that throws would break the very step that reports: it falls back to standard error. */
function guardLog(log: (line: string) => void): (line: string) => void {
  return (line) => {
    try {
      log(line);
    } catch (error) {
      console.error(line, error);
    }
  };
}
