import {
  type AnyActorScope,
  type AnyEventObject,
  type AnyStateMachine,
  createActor,
  type ExecutableActionObject,
  fromCallback,
} from 'xstate';
import { compileChart } from './compile.js';
import type { ChartSnapshot } from './snapshot.js';

/** What a step comes to: nothing of it has been done. */
export interface PureStep {
  readonly snapshot: ChartSnapshot;
  /** What is to be done, in its order: actions of the chart's own by their names, xstate's as `xstate.sendTo` and the like. */
  readonly actions: readonly ExecutableActionObject[];
}

/** A chart as a function. Charts that spawn or invoke actors make them, but start none. */
export interface PureChart {
  /** How an actor begins. What the chart throws is the error of the snapshot. */
  initial(input?: unknown): PureStep;
  /** What an event leads to. Throws what guards and assignments throw. */
  next(snapshot: ChartSnapshot, event: AnyEventObject): PureStep;
}

interface Steps {
  getInitialSnapshot(scope: AnyActorScope, input?: unknown): ChartSnapshot;
  transition(snapshot: ChartSnapshot, event: AnyEventObject, scope: AnyActorScope): ChartSnapshot;
}

/**
 * A chart as a function from a snapshot and an event to the next snapshot and what is to be done: the very step that
 * actors take. Peers that the chart looks up in its system, and its parent, are named in the actions by their `id`.
 */
export function pureChart(machine: AnyStateMachine): PureChart {
  const steps: Steps = compileChart(machine);
  let actions: ExecutableActionObject[] = [];
  const scope = inertScope(machine.id, (action) => actions.push(action));
  const collect = (step: () => ChartSnapshot): PureStep => {
    actions = [];
    const snapshot = step();
    return { snapshot, actions };
  };
  return {
    initial: (input) => collect(() => steps.getInitialSnapshot(scope, input)),
    next: (snapshot, event) => collect(() => steps.transition(snapshot, event, scope)),
  };
}

/** A scope in which nothing happens. */
function inertScope(id: string, record: (action: ExecutableActionObject) => void): AnyActorScope {
  const nothing = fromCallback(() => undefined);
  const parent = createActor(nothing, { id: 'parent' });
  const self = createActor(nothing, { id, parent });
  return {
    self,
    id,
    sessionId: self.sessionId,
    logger: () => undefined,
    defer: () => undefined,
    emit: () => undefined,
    stopChild: () => undefined,
    system: { ...self.system, get: (peer: PropertyKey) => ({ id: String(peer) }) },
    actionExecutor: record,
  };
}
