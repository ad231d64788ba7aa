import type {
  AnyActorLogic,
  EmittedFrom,
  EventFromLogic,
  EventObject,
  OutputFrom,
  SnapshotFrom,
} from 'xstate';
import { systemClock } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import { type Ids, systemIds } from '../core/ids.js';
import { defaultLimits } from '../core/limits.js';
import { Listeners, type Subscription } from '../core/listeners.js';
import { wrong } from '../core/parse.js';
import { type Random, systemRandom } from '../core/random.js';
import { SupervisedActor } from './actor.js';
import type { Overseer } from './child.js';
import { Route } from './endpoint.js';
import type { SystemEventMap } from './events.js';
import type { ActorDeadLetter, Exit } from './exit.js';
import type { NestedSupervisorOptions, SpawnArguments, SpawnOptions, SystemOptions } from './options.js';
import { actorPlan, atLeast, checkLogic, supervisorPlan } from './plans.js';
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
  /** Lists a proxy: what is sent to that id is handed to `receive`, which says whether it took it. */
  register(id: string, receive: (event: EventObject) => boolean): Registration;
  /** Listens, until unsubscribed. A listener that throws is logged, and hurts nobody else. */
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
  readonly #root: Supervisor;

  constructor(options: SystemOptions) {
    const log = options.log ?? ((line) => console.error(line));
    const events = new Listeners<SystemEventMap>((what, error) => this.#office.report(what, error));
    this.#ids = options.ids ?? systemIds;
    this.#random = options.random ?? systemRandom;
    this.#office = new PostOffice({
      systemId: this.#ids.next('system'),
      clock: options.clock ?? systemClock,
      mailboxCapacity: atLeast(
        'mailboxCapacity',
        1,
        options.mailboxCapacity ?? defaultLimits.mailboxCapacity,
      ),
      deadLettersMax: atLeast('deadLettersMax', 1, options.deadLettersMax ?? defaultLimits.deadLettersMax),
      inspect: options.inspect,
      log,
      events,
    });
    this.#root = new Supervisor(supervisorPlan(ROOT, options), this.#office, this.#random, this);
    this.exited = this.#root.exited;
    this.#root.start();
  }

  spawn<Logic extends AnyActorLogic>(logic: Logic, ...options: SpawnArguments<Logic>): ReferenceTo<Logic> {
    return this.#spawn(this.#root, logic, options[0] ?? {});
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
    const route = new Route(id, (event) => this.#handOver(id, receive, event));
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

  async stop({ graceMs }: { readonly graceMs?: number } = {}): Promise<void> {
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
    this.#office.asks.close();
  }

  stopChild(): void {
    this.#root.beginStop(true);
  }

  #spawn<Logic extends AnyActorLogic>(
    supervisor: Supervisor,
    logic: Logic,
    options: SpawnOptions<Logic>,
  ): ReferenceTo<Logic> {
    const id = options.id ?? this.#ids.next('actor');
    this.#refuseLeaving(supervisor);
    this.#refuseTaken(id);
    checkLogic(logic);
    const plan = actorPlan(id, options, this.#office.mailboxCapacity);
    const actor = new SupervisedActor(logic, plan, this.#office, supervisor);
    this.#office.enlist(actor);
    supervisor.adopt(actor);
    return actor;
  }

  #nest(parent: Supervisor, id: string, options: NestedSupervisorOptions): NestedSupervisor {
    this.#refuseLeaving(parent);
    this.#refuseTaken(id);
    const supervisor = new Supervisor(supervisorPlan(id, options), this.#office, this.#random, parent);
    // Listed so that the id is taken; a supervisor takes no events of others.
    const route = new Route(id, (event) => this.#office.deadLetter(id, event, 'refused'));
    this.#office.enlist(route);
    void supervisor.exited.then(() => this.#office.strike(route));
    parent.adopt(supervisor);
    return {
      id,
      exited: supervisor.exited,
      spawn: (logic, ...spawnOptions) => this.#spawn(supervisor, logic, spawnOptions[0] ?? {}),
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
