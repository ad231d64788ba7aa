import type {
  AnyActorLogic,
  EmittedFrom,
  EventFromLogic,
  EventObject,
  OutputFrom,
  SnapshotFrom,
} from 'xstate';
import { compiledLogic } from '../charts/compile.js';
import { ConclaveError } from '../core/errors.js';
import type { Ids } from '../core/ids.js';
import { Listeners, type Subscription } from '../core/listeners.js';
import { optionsOf, wrong } from '../core/parse.js';
import type { Random } from '../core/random.js';
import { SupervisedActor } from './actor.js';
import type { Overseer } from './child.js';
import { Route } from './endpoint.js';
import { SYSTEM_EVENTS, type SystemEventMap } from './events.js';
import type { ActorDeadLetter, Exit } from './exit.js';
import type { NestedSupervisorOptions, SpawnArguments, SpawnOptions, SystemOptions } from './options.js';
import {
  actorPlan,
  atLeast,
  checkLogic,
  nestedOptions,
  spawnOptions,
  supervisorPlan,
  systemPlan,
} from './plans.js';
import { PostOffice } from './post-office.js';
import type { Reference } from './reference.js';
import { Supervisor } from './supervisor.js';

/** A reference with the types of the logic it runs. */
export type ReferenceTo<Logic extends AnyActorLogic> = Reference<
  EventFromLogic<Logic>,
  SnapshotFrom<Logic>,
  OutputFrom<Logic>,
  EmittedFrom<Logic>
>;

/** Whoever actors and supervisors can be started under. */
export interface SupervisorHandle {
  /** Its id in the system. */
  readonly id: string;
  /** Starts an actor as the last child; its first snapshot stands when this returns. @throws `InvalidOption`, `ShuttingDown`. */
  spawn<Logic extends AnyActorLogic>(logic: Logic, ...options: SpawnArguments<Logic>): ReferenceTo<Logic>;
  /** Starts a supervisor as the last child. @throws `InvalidOption`, `ShuttingDown`. */
  supervisor(id: string, options?: NestedSupervisorOptions): NestedSupervisor;
}

/** A supervisor below the root. When it gives up, that is an abnormal exit for the one above. */
export interface NestedSupervisor extends SupervisorHandle {
  /** Stops its children in reverse order, then itself, for good. */
  stop(): Promise<void>;
  /** How it ended for good; never rejects. */
  readonly exited: Promise<Exit>;
}

/** A peer that lives elsewhere, listed under its id. */
export interface Registration {
  /** The id it is listed under. */
  readonly id: string;
  /** Takes it off the list; what is sent to that id then is a dead letter. */
  unregister(): void;
}

/** A tree of supervised actors that send to each other by id. */
export interface ActorSystem extends SupervisorHandle {
  /** The actor of that id, if it has not ended for good. */
  get(id: string): Reference | undefined;
  /** Sends to whoever has that id: an actor, a proxy, or an address to reply to. False as `Reference.send`; never throws. */
  send(id: string, event: EventObject): boolean;
  /**
   * Lists a proxy: what is sent to that id is handed to `receive`, which says whether it took it.
   * @throws `InvalidOption`.
   */
  register(id: string, receive: (event: EventObject) => boolean): Registration;
  /**
   * Listens, until unsubscribed. A listener that throws is logged, and hurts nobody else.
   * @throws `InvalidOption` for an event that there is not, or a listener that is no function.
   */
  on<Name extends keyof SystemEventMap>(
    name: Name,
    listener: (detail: SystemEventMap[Name]) => void,
  ): Subscription;
  /** The last events that reached nobody, oldest first. */
  deadLetters(): readonly ActorDeadLetter[];
  /**
   * Stops everybody in reverse order of starting, each after its mailbox has been worked off; what is left after
   * `graceMs` is stopped at once. Afterwards no timer and no actor is left. @throws `InvalidOption`.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
  /** How the system ended: told to, or because its supervisor gave up. */
  readonly exited: Promise<Exit>;
}

/** A system with nobody in it. @throws `InvalidOption`. */
export function createSystem(options: SystemOptions = {}): ActorSystem {
  return new System(options);
}

const ROOT = 'root';

class System implements ActorSystem, Overseer {
  readonly id = ROOT;
  readonly exited: Promise<Exit>;
  readonly #office: PostOffice;
  readonly #ids: Ids;
  readonly #random: Random;
  readonly #compiles: boolean;
  readonly #root: Supervisor;

  constructor(options: SystemOptions) {
    const plan = systemPlan(ROOT, options);
    const { clock, ids, random, mailboxCapacity, deadLettersMax, inspect } = plan;
    const events = new Listeners<SystemEventMap>(SYSTEM_EVENTS, (what, error) =>
      this.#office.report(what, error),
    );
    this.#ids = ids;
    this.#random = random;
    this.#compiles = plan.compile;
    this.#office = new PostOffice({
      systemId: this.#ids.next('system'),
      clock,
      mailboxCapacity,
      deadLettersMax,
      inspect,
      log: plan.log,
      events,
    });
    this.#root = new Supervisor(plan.supervisor, this.#office, this.#random, this);
    this.exited = this.#root.exited;
    this.#root.start();
  }

  spawn<Logic extends AnyActorLogic>(
    logic: Logic,
    ...[given = {}]: SpawnArguments<Logic>
  ): ReferenceTo<Logic> {
    return this.#spawn(this.#root, logic, given);
  }

  supervisor(id: string, options: NestedSupervisorOptions = {}): NestedSupervisor {
    return this.#nest(this.#root, id, options);
  }

  get(id: string): Reference | undefined {
    const found = this.#office.find(id);
    return found instanceof SupervisedActor ? found : undefined;
  }

  send(id: string, event: EventObject): boolean {
    return this.#office.send(id, event);
  }

  register(id: string, receive: (event: EventObject) => boolean): Registration {
    this.#refuseTaken(id);
    if (typeof receive !== 'function') throw wrong('what register hands events to', 'a function', receive);
    const route = new Route(id, this.#office, (event) => this.#handOver(id, receive, event));
    this.#office.enlist(route);
    return { id, unregister: () => this.#office.strike(route) };
  }

  on<Name extends keyof SystemEventMap>(
    name: Name,
    listener: (detail: SystemEventMap[Name]) => void,
  ): Subscription {
    return this.#office.events.on(name, listener);
  }

  deadLetters(): readonly ActorDeadLetter[] {
    return this.#office.letters.list();
  }

  async stop(options: { readonly graceMs?: number } = {}): Promise<void> {
    const { graceMs } = optionsOf(options, 'the options of stop', ['graceMs']);
    if (graceMs !== undefined) atLeast('graceMs', 0, graceMs);
    const kill = () => this.#root.kill();
    const timer = graceMs === undefined ? undefined : this.#office.clock.setTimer(kill, graceMs);
    this.#root.beginStop(true);
    await this.exited;
    timer?.cancel();
  }

  // What the root supervisor says

  childExited(_id: string, exit: Exit): void {
    this.#root.retire(exit);
    this.#office.asks.end();
  }

  stopChild(): void {
    this.#root.beginStop(true);
  }

  #spawn<Logic extends AnyActorLogic>(
    supervisor: Supervisor,
    logic: Logic,
    options: SpawnOptions<Logic>,
  ): ReferenceTo<Logic> {
    const { id = this.#ids.next('actor'), ...given } = spawnOptions(options);
    this.#refuseLeaving(supervisor);
    this.#refuseTaken(id);
    checkLogic(logic);
    const plan = actorPlan(id, given, this.#office.mailboxCapacity);
    const chosen = this.#compiles ? compiledLogic(logic) : logic;
    const actor = new SupervisedActor(chosen, plan, this.#office, supervisor);
    this.#office.enlist(actor);
    supervisor.adopt(actor);
    return actor;
  }

  #nest(parent: Supervisor, id: string, options: NestedSupervisorOptions): NestedSupervisor {
    this.#refuseLeaving(parent);
    this.#refuseTaken(id);
    const plan = supervisorPlan(id, nestedOptions(options));
    const supervisor = new Supervisor(plan, this.#office, this.#random, parent);
    // Listed so that the id is taken; a supervisor takes no events of others.
    const route = new Route(id, this.#office, (event) => this.#office.deadLetter(id, event, 'refused'));
    this.#office.enlist(route);
    void supervisor.exited.then(() => this.#office.strike(route));
    parent.adopt(supervisor);
    return {
      id,
      exited: supervisor.exited,
      spawn: (logic, ...[given = {}]) => this.#spawn(supervisor, logic, given),
      supervisor: (childId, childOptions = {}) => this.#nest(supervisor, childId, childOptions),
      stop: () => supervisor.stop(),
    };
  }

  #handOver(id: string, receive: (event: EventObject) => boolean, event: EventObject): boolean {
    try {
      return receive(event) || this.#office.deadLetter(id, event, 'refused');
    } catch (error) {
      this.#office.report(`The proxy '${id}' threw`, error);
      return this.#office.deadLetter(id, event, 'refused', error);
    }
  }

  #refuseTaken(id: string): void {
    if (typeof id !== 'string' || id === '') throw wrong('id', 'a text that is not empty', id);
    if (id !== ROOT && this.#office.find(id) === undefined) return;
    throw new ConclaveError(
      'InvalidOption',
      `The id '${id}' is taken. Give each actor, supervisor and proxy its own.`,
    );
  }

  #refuseLeaving(supervisor: Supervisor): void {
    if (!supervisor.isLeaving) return;
    throw new ConclaveError('ShuttingDown', `Supervisor '${supervisor.id}' is stopping and takes nobody on.`);
  }
}
