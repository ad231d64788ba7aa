import { type AnyEventObject, type AnyStateMachine, assign } from 'xstate';
import { type Operation, operationOf, stopChildren } from './operation.js';
import { type ChartScope, Run } from './run.js';
import { type ChartSnapshot, makeSnapshot } from './snapshot.js';
import { type Choice, type Configuration, NO_HISTORY, Tables } from './tables.js';
import type { Transition } from './transit.js';

const NO_TRANSITIONS: readonly Transition[] = [];

/** The step of xstate's own. */
interface OwnStep {
  transition(snapshot: ChartSnapshot, event: AnyEventObject, scope: ChartScope): ChartSnapshot;
}

/**
 * Steps a chart as xstate does, from tables. It owns no state but these: what an actor needs is in its snapshot, and
 * what is to be done goes to the scope.
 */
export class Chart {
  readonly #machine: AnyStateMachine;
  readonly #own: OwnStep;
  readonly #begin: Operation | undefined;
  #tables: Tables;

  constructor(machine: AnyStateMachine) {
    this.#machine = machine;
    this.#own = machine;
    this.#tables = new Tables(machine);
    const { context } = machine.config;
    if (typeof context !== 'function') return;
    const first = assign(({ spawn, event, self }) => context({ spawn, input: event.input, self }));
    this.#begin = operationOf(first, machine);
  }

  /** The snapshot with which an actor begins. What the chart throws is its error. */
  initial(scope: ChartScope, input: unknown): ChartSnapshot {
    const tables = this.#currentTables();
    const place = tables.root;
    let snapshot = this.#before(place);
    try {
      const run = new Run(snapshot, place, { type: 'xstate.init', input }, scope);
      this.#begin?.run(run);
      snapshot = run.snapshot;
      const plan = tables.first;
      for (const operation of plan.operations) operation.run(run);
      if (plan.place !== undefined) run.arrive(plan.place, run.historyValue);
      return this.#settle(run, plan.place ?? place);
    } catch (error) {
      return { ...snapshot, status: 'error', error };
    }
  }

  /** The snapshot after an event. Throws what guards and actions throw. */
  next(snapshot: ChartSnapshot, event: AnyEventObject, scope: ChartScope): ChartSnapshot {
    if (snapshot.status !== 'active' || snapshot.machine !== this.#machine || isOfXstate(event.type)) {
      return this.#own.transition(snapshot, event, scope);
    }
    const place = this.#currentTables().at(snapshot._nodes);
    const choice = place.choose(snapshot, event);
    if (!place.isRestless) {
      if (choice === undefined) {
        inspect(scope, event, snapshot, NO_TRANSITIONS);
        return snapshot;
      }
      const plan = choice.planFor(snapshot.historyValue);
      const after = plan.place ?? place;
      if (plan.operations.length === 0 && !after.isRestless) {
        const history = plan.historyAfter(snapshot.historyValue);
        const next = plan.place === undefined ? snapshot : makeSnapshot(snapshot, plan.place, history);
        inspect(scope, event, next, plan.transitions);
        return next;
      }
    }
    const run = new Run(snapshot, place, event, scope);
    return this.#settle(run, microstep(run, place, choice));
  }

  #currentTables(): Tables {
    if (this.#tables.isFull) this.#tables = new Tables(this.#machine);
    return this.#tables;
  }

  #refuseEndless(iterations: number): void {
    const { maxIterations = Number.POSITIVE_INFINITY } = this.#machine.options;
    if (iterations <= maxIterations) return;
    throw new Error(
      `Infinite loop detected: the machine has processed more than ${maxIterations} microsteps without reaching a stable state. This usually happens when there's a cycle of transitions (e.g., eventless transitions or raised events causing state A -> B -> C -> A).`,
    );
  }

  #before(place: Configuration): ChartSnapshot {
    const machine = this.#machine;
    const { context } = machine.config;
    const contents = {
      status: 'active' as const,
      output: undefined,
      error: undefined,
      machine,
      context: typeof context !== 'function' && context ? context : {},
      children: {},
      historyValue: NO_HISTORY,
    };
    return makeSnapshot(contents, place, NO_HISTORY);
  }

  /** Goes on until nothing happens without an event, nor any event is left that was raised. */
  #settle(run: Run, from: Configuration): ChartSnapshot {
    let place = from;
    let mayMove = true;
    let iterations = 0;
    while (run.status === 'active') {
      iterations += 1;
      this.#refuseEndless(iterations);
      let choice: Choice | undefined =
        mayMove && place.isRestless ? place.chooseEventless(run.snapshot, run.event) : undefined;
      const before: ChartSnapshot | undefined = choice === undefined ? undefined : run.snapshot;
      if (choice === undefined) {
        const event = run.queue.shift();
        if (event === undefined) return run.snapshot;
        run.begin(event);
        choice = place.choose(run.snapshot, event);
      }
      place = microstep(run, place, choice);
      mayMove = run.snapshot !== before;
    }
    const last = run.snapshot;
    stopChildren(run);
    return last;
  }
}

function microstep(run: Run, place: Configuration, choice: Choice | undefined): Configuration {
  if (choice === undefined) {
    inspect(run.scope, run.event, run.snapshot, NO_TRANSITIONS);
    return place;
  }
  const plan = choice.planFor(run.historyValue);
  for (const operation of plan.operations) operation.run(run);
  if (plan.place !== undefined) run.arrive(plan.place, plan.historyAfter(run.historyValue));
  inspect(run.scope, run.event, run.snapshot, plan.transitions);
  return plan.place ?? place;
}

function inspect(
  { system, self }: ChartScope,
  event: AnyEventObject,
  snapshot: ChartSnapshot,
  _transitions: readonly Transition[],
): void {
  system._sendInspectionEvent({ type: '@xstate.microstep', actorRef: self, event, snapshot, _transitions });
}

/** Events whose meaning xstate's own step alone knows: to begin, to stop, and the failure of a child. */
function isOfXstate(type: string): boolean {
  return (
    type.startsWith('xstate.') &&
    (type === 'xstate.stop' || type === 'xstate.init' || type.startsWith('xstate.error.actor'))
  );
}
