import type { AnyActorLogic, AnyActorRef, AnyEventObject, EventObject, Observer } from 'xstate';
import type { Timer } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import type { Subscription } from '../core/listeners.js';
import type { RestartType } from '../supervision/child.js';
import type { Ask, AskOptions } from './asks.js';
import { Audience } from './audience.js';
import { Cell, type CellOwner } from './cell.js';
import type { Child, Overseer } from './child.js';
import { Endpoint } from './endpoint.js';
import { STOP_EVENT } from './engine.js';
import { type Exit, STOPPED } from './exit.js';
import { isMalformed, wellFormed } from './malformed.js';
import type { PostOffice } from './post-office.js';
import type { Engine } from './stepper.js';

/** An actor whose promise rejects ends by its own outcome: no message of anybody's was lost. */
const OWN_REJECTION = 'xstate.promise.reject';

/** How an actor is run, with nothing left open. */
export interface ActorPlan {
  readonly id: string;
  readonly restart: RestartType;
  readonly mailboxCapacity: number;
  readonly input: unknown;
  readonly shutdownMs: number;
  readonly stopEvent: EventObject | undefined;
  /** Somebody waits for its end and tells of it. */
  readonly isAwaited: boolean;
}

/** A supervised actor: one cell, one incarnation after the other, and what its references show of it. */
export class SupervisedActor<Logic extends AnyActorLogic> extends Endpoint implements Child, CellOwner {
  readonly restart: RestartType;
  readonly exited: Promise<Exit<AnyEventObject['output']>>;
  lastExit: Exit | undefined;
  readonly #logic: Logic;
  readonly #plan: ActorPlan;
  readonly #office: PostOffice;
  readonly #overseer: Overseer;
  readonly #cell: Cell;
  readonly #audience: Audience;
  #settle: (exit: Exit) => void = () => undefined;
  #engine: Engine | undefined;
  #isRunning = false;
  #isStopping = false;
  #shutdown: Timer | undefined;

  constructor(logic: Logic, plan: ActorPlan, office: PostOffice, overseer: Overseer) {
    super(plan.id);
    this.restart = plan.restart;
    this.#logic = logic;
    this.#plan = plan;
    this.#office = office;
    this.#overseer = overseer;
    this.#cell = new Cell(plan.id, office, this, plan.mailboxCapacity);
    this.#audience = new Audience((what, error) => office.report(`'${plan.id}': ${what}`, error));
    this.exited = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  // What a reference does

  override send(event: EventObject): boolean {
    return this.#office.postFromOutside(this.#cell, event, this.#engine);
  }

  ask(event: EventObject, options: AskOptions): Promise<AnyEventObject['answer']> {
    const ask = this.#office.asks.open(this.id, options);
    if (ask.isOpen) {
      this.#question(event, ask);
      this.#office.dispatcher.rouse();
    }
    return ask.promise;
  }

  getSnapshot(): AnyEventObject['snapshot'] {
    if (this.#engine === undefined) {
      throw new ConclaveError(
        'ActorStopped',
        `'${this.id}' has not been started yet: its supervisor is down.`,
      );
    }
    return this.#engine.getSnapshot();
  }

  subscribe(observer: Observer<unknown> | ((snapshot: AnyEventObject['snapshot']) => void)): Subscription {
    return this.#audience.subscribe(typeof observer === 'function' ? { next: observer } : observer);
  }

  on(type: string, handler: (emitted: AnyEventObject['emitted']) => void): Subscription {
    return this.#audience.on(type, handler);
  }

  async stop(): Promise<void> {
    this.#overseer.stopChild(this.id);
    await this.exited;
  }

  // What charts do

  override receive(event: EventObject, source: AnyActorRef | undefined): boolean {
    return this.#office.post(this.#cell, event, source);
  }

  // What its supervisor does

  start(): void {
    this.#isStopping = false;
    try {
      const engine = this.#office.createEngine(this.#logic, this.id, this.#plan.input, this.#cell);
      this.#engine = engine;
      this.#isRunning = true;
      this.#audience.attach(engine);
      this.#cell.begin(engine);
    } catch (error) {
      this.#exit({ type: 'abnormal', error });
    }
  }

  beginStop(isFinal: boolean): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    if (!this.#isRunning) return;
    this.#cell.mark(isFinal && this.#plan.stopEvent === undefined);
  }

  kill(): void {
    this.#isStopping = true;
    if (this.#isRunning) this.#cell.halt();
  }

  retire(exit: Exit): void {
    this.#office.strike(this);
    this.#cell.close();
    const last = this.lastExit ?? exit;
    this.#audience.close(last.type === 'abnormal' ? last : undefined);
    this.#settle(last);
  }

  // What its cell says

  markReached(): void {
    const { stopEvent, shutdownMs } = this.#plan;
    if (!this.#isRunning || !this.#isStopping) return;
    if (stopEvent !== undefined) {
      this.#shutdown = this.#office.clock.setTimer(() => this.kill(), shutdownMs);
      this.#cell.step(stopEvent);
    } else this.#cell.halt();
  }

  incarnationEnded(last: EventObject | undefined): void {
    const snapshot = this.getSnapshot();
    if (this.#engine !== undefined) this.#office.stopOrphans(this.#engine);
    if (snapshot.status === 'error') {
      if (last !== undefined && last !== STOP_EVENT && last.type !== OWN_REJECTION)
        this.#office.deadLetter(this.id, last, 'crashed', snapshot.error);
      if (!this.#plan.isAwaited) this.#office.report(`'${this.id}' crashed`, snapshot.error);
      this.#exit({ type: 'abnormal', error: snapshot.error });
    } else if (snapshot.status === 'done') this.#exit({ type: 'normal', output: snapshot.output });
    else this.#exit(STOPPED);
  }

  /** A refused question is a dead letter, which fails the ask. */
  #question(event: EventObject, ask: Ask): void {
    try {
      const asked = askedEvent(wellFormed(event), ask.address);
      if (isMalformed(event)) this.#office.deadLetter(this.id, asked, 'malformed');
      else this.send(asked);
    } catch (error) {
      ask.fail(error);
    }
  }

  #exit(exit: Exit): void {
    this.#isRunning = false;
    this.#shutdown?.cancel();
    this.#shutdown = undefined;
    this.lastExit = exit;
    this.#office.events.emit('exit', { id: this.id, exit });
    this.#overseer.childExited(this.id, exit);
  }
}

/** A copy of the event with an address. `Object.assign` takes a twentieth of a spread, but would take a `__proto__` at its word. */
function askedEvent(event: EventObject, replyTo: string): AnyEventObject {
  if (Object.hasOwn(event, '__proto__')) return { ...event, replyTo };
  const asked: AnyEventObject = Object.assign({ type: '' }, event);
  asked.replyTo = replyTo;
  return asked;
}
