import { createSupervisorChart, type SupervisorEvent } from '../../actors/supervisor.js';
import { type Backoff, backoffDelayMs } from '../core/backoff.js';
import type { Timer } from '../core/clock.js';
import { Deque } from '../core/deque.js';
import { ConclaveError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import type { RestartType } from '../supervision/child.js';
import type { RestartLimit } from '../supervision/intensity.js';
import type { SupervisorEffect, SupervisorInput } from '../supervision/state.js';
import type { SupervisionStrategy } from '../supervision/strategy.js';
import type { Child, Overseer } from './child.js';
import type { Unit } from './dispatcher.js';
import { type Exit, STOPPED } from './exit.js';
import type { PostOffice } from './post-office.js';
import type { Engine } from './stepper.js';

/** How a supervisor supervises, with nothing left open. */
export interface SupervisorPlan {
  readonly id: string;
  readonly restart: RestartType;
  readonly strategy: SupervisionStrategy;
  readonly limit: RestartLimit;
  /** The wait before a restart; undefined: none. */
  readonly backoff: Backoff | undefined;
}

/**
 * The shell of the supervisor chart: gives its actions a body, and tells it what becomes of the children, with
 * the time. A child of another supervisor itself, or, at the root, of the system.
 */
export class Supervisor implements Child, Overseer, Unit {
  readonly id: string;
  readonly restart: RestartType;
  readonly exited: Promise<Exit>;
  scheduled = false;
  lastExit: Exit | undefined;
  readonly #plan: SupervisorPlan;
  readonly #office: PostOffice;
  readonly #random: Random;
  readonly #overseer: Overseer;
  readonly #children = new Map<string, Child>();
  readonly #inbox = new Deque<SupervisorEvent>();
  readonly #effects = new Deque<SupervisorEffect>();
  /** Starts that wait for their backoff. */
  readonly #waiting = new Map<string, Timer>();
  #settle: (exit: Exit) => void = () => undefined;
  #engine: Engine | undefined;
  #isHurried = false;
  #isRetired = false;
  /** It stops for good, and so do its children; otherwise they may come back together. */
  #isFinal = false;
  readonly #dismissed = new Set<string>();

  constructor(plan: SupervisorPlan, office: PostOffice, random: Random, overseer: Overseer) {
    this.id = plan.id;
    this.restart = plan.restart;
    this.#plan = plan;
    this.#office = office;
    this.#random = random;
    this.#overseer = overseer;
    this.exited = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Takes a child on and starts it, unless the supervisor is down itself: then with it. */
  adopt(child: Child): void {
    this.#children.set(child.id, child);
    this.#step(adding(child));
  }

  /** Whether it takes nobody on any more. */
  get isLeaving(): boolean {
    return this.#engine?.getSnapshot().matches('draining') === true || this.#isRetired;
  }

  // What its own supervisor does

  start(): void {
    const chart = createSupervisorChart(this.#plan.strategy).provide({
      actions: {
        startChild: (_, params) => this.#effects.pushBack({ type: 'startChild', params }),
        stopChild: (_, params) => this.#effects.pushBack({ type: 'stopChild', params }),
        retireChild: (_, params) => this.#effects.pushBack({ type: 'retireChild', params }),
        escalate: (_, params) => this.#effects.pushBack({ type: 'escalate', params }),
      },
    });
    // What was said to an earlier incarnation would be taken for news of the children started now.
    while (this.#inbox.popFront() !== undefined);
    const input: SupervisorInput = { id: this.id, ...this.#plan.limit };
    this.#engine = this.#office.createEngine(chart, this.id, input, undefined);
    this.#engine.start();
    for (const child of [...this.#children.values()]) {
      if (child.restart === 'temporary') this.#retire(child.id);
      else this.#step(adding(child));
    }
  }

  beginStop(isFinal: boolean): void {
    this.#isFinal ||= isFinal;
    this.#step({ type: 'stop' });
  }

  kill(): void {
    this.#isHurried = true;
    this.#step({ type: 'stop' });
    for (const child of this.#children.values()) child.kill();
  }

  retire(exit: Exit): void {
    this.#isRetired = true;
    for (const id of [...this.#children.keys()].reverse()) this.#retire(id);
    this.#settle(this.lastExit ?? exit);
  }

  async stop(): Promise<void> {
    this.#overseer.stopChild(this.id);
    await this.exited;
  }

  // What its children say

  childExited(id: string, exit: Exit): void {
    this.#tell({ type: 'child.exited', id, exit: exit.type, atMs: this.#office.clock.nowMs() });
  }

  stopChild(id: string): void {
    this.#dismissed.add(id);
    this.#step({ type: 'child.stop', id });
  }

  // What the dispatcher does

  get ready(): boolean {
    return this.#inbox.length > 0;
  }

  run(budget: number): number {
    let count = 0;
    while (count < budget) {
      const event = this.#inbox.popFront();
      if (event === undefined) break;
      count += 1;
      this.#step(event);
      if (this.#isFinal && event.type === 'child.exited') this.#retire(event.id);
    }
    return count;
  }

  /** Told later, in its turn: a child that ends while it is started must not be started again before that returns. */
  #tell(event: SupervisorEvent): void {
    this.#inbox.pushBack(event);
    this.#office.dispatcher.schedule(this);
  }

  /** Steps the chart, then does what it named. */
  #step(event: SupervisorEvent): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    engine._send(event);
    for (let effect = this.#effects.popFront(); effect !== undefined; effect = this.#effects.popFront()) {
      this.#perform(effect);
    }
    // An effect can have stepped the chart to its end already.
    if (this.#engine === engine && engine.getSnapshot().status !== 'active') this.#finish(engine);
  }

  #perform(effect: SupervisorEffect): void {
    switch (effect.type) {
      case 'startChild':
        this.#startChild(effect.params.id, effect.params.attempt);
        break;
      case 'stopChild':
        this.#stopChild(effect.params.id);
        break;
      case 'retireChild':
        this.#retire(effect.params.id);
        break;
      case 'escalate':
        this.#escalate(effect.params.id, effect.params.restarts);
        break;
    }
  }

  #startChild(id: string, attempt: number): void {
    const child = this.#children.get(id);
    if (child === undefined) return;
    const delayMs = attempt === 0 ? 0 : this.#delayMs(attempt);
    if (attempt > 0) this.#office.events.emit('restart', { id, attempt, delayMs, error: faultOf(child) });
    if (delayMs === 0) this.#launch(child);
    else
      this.#waiting.set(
        id,
        this.#office.clock.setTimer(() => this.#launch(child), delayMs),
      );
  }

  /** A backoff of the user's own that throws, or gives no number, is reported and waits for nothing. */
  #delayMs(attempt: number): number {
    const { backoff } = this.#plan;
    if (backoff === undefined) return 0;
    try {
      const delayMs = backoffDelayMs(backoff, attempt, this.#random);
      if (Number.isFinite(delayMs)) return delayMs;
      throw new TypeError(`Expected a number of milliseconds, got ${delayMs}.`);
    } catch (error) {
      this.#office.report(`The backoff of '${this.id}' failed`, error);
      return 0;
    }
  }

  #launch(child: Child): void {
    this.#waiting.delete(child.id);
    this.#tell({ type: 'child.started', id: child.id, atMs: this.#office.clock.nowMs() });
    child.start();
  }

  #stopChild(id: string): void {
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined) {
      waiting.cancel();
      this.#waiting.delete(id);
      this.childExited(id, STOPPED);
    } else if (this.#isHurried) this.#children.get(id)?.kill();
    else this.#children.get(id)?.beginStop(this.#isFinal || this.#dismissed.has(id));
  }

  #retire(id: string): void {
    const child = this.#children.get(id);
    this.#children.delete(id);
    this.#dismissed.delete(id);
    child?.retire(STOPPED);
  }

  #escalate(id: string, restarts: number): void {
    const child = this.#children.get(id);
    const error = child === undefined ? undefined : faultOf(child);
    this.lastExit = { type: 'abnormal', error: tooManyRestarts(this.#plan, id, restarts, error) };
    this.#office.report(`'${this.id}' gives up`, this.lastExit.error);
    this.#office.events.emit('escalated', { supervisor: this.id, child: id, restarts, error });
  }

  #finish(engine: Engine): void {
    this.#engine = undefined;
    const { status, output, error } = engine.getSnapshot();
    if (status === 'error') this.#abandon(error);
    else if (!output.escalated) this.lastExit = STOPPED;
    this.#overseer.childExited(this.id, this.lastExit ?? STOPPED);
  }

  /** The chart itself crashed, as by a strategy of the user's own: nobody can be supervised any more. */
  #abandon(error: unknown): void {
    this.#office.report(`Supervisor '${this.id}' crashed`, error);
    this.lastExit = { type: 'abnormal', error };
    for (const timer of this.#waiting.values()) timer.cancel();
    this.#waiting.clear();
    for (const child of [...this.#children.values()].reverse()) child.kill();
  }
}

function adding({ id, restart }: Child): SupervisorEvent {
  return { type: 'child.add', child: { id, restart } };
}

function faultOf({ lastExit }: Child): unknown {
  return lastExit?.type === 'abnormal' ? lastExit.error : undefined;
}

function tooManyRestarts(
  { id, limit }: SupervisorPlan,
  child: string,
  restarts: number,
  cause: unknown,
): ConclaveError {
  return new ConclaveError(
    'RestartLimit',
    `Supervisor '${id}' allows ${limit.intensity} restarts in ${limit.periodMs} ms; this was the ${restarts}th, of '${child}'. ` +
      'It stops its children and itself. Mend the cause below, or raise intensity.',
    { cause },
  );
}
