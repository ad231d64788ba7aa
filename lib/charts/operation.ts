import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyEventObject,
  type AnyStateMachine,
  assign,
  raise,
  stopChild,
} from 'xstate';
import type { Action } from './nodes.js';
import type { ActionArgs, ChartScope, Run } from './run.js';
import type { ChartSnapshot } from './snapshot.js';

/** One thing that a transition does, with everything looked up that does not change. */
export interface Operation {
  run(run: Run): void;
}

type Maker<Made = unknown> = (args: ActionArgs, params: unknown) => Made;

/** How xstate's own actions are made: a function that holds what it was made of, and resolves and executes itself. */
interface Builtin extends Maker {
  readonly type: string;
  resolve(
    scope: ChartScope,
    snapshot: ChartSnapshot,
    args: ActionArgs,
    params: unknown,
    builtin: unknown,
    extra: unknown,
  ): [ChartSnapshot, unknown, (readonly Action[])?];
  retryResolve?(scope: ChartScope, snapshot: ChartSnapshot, params: unknown): void;
  execute?(scope: ChartScope, params: unknown): void;
}

interface AssignBuiltin extends Builtin {
  readonly assignment: Maker<object | undefined> | Readonly<Record<string, unknown>>;
}

interface RaiseBuiltin extends Builtin {
  readonly event: AnyEventObject | Maker<AnyEventObject> | string;
  readonly id: string | undefined;
  readonly delay: unknown;
}

const resolveAssign = resolverOf(assign({}));
const resolveRaise = resolverOf(raise({ type: '' }));

/** Resolves an action once. What is missing does nothing when it runs, as with xstate. */
export function operationOf(action: Action, machine: AnyStateMachine): Operation {
  const inline = isMaker(action) ? action : undefined;
  const name = inline === undefined ? typeOf(action) : inline.name;
  const params = typeof action === 'object' && 'params' in action ? action.params : undefined;
  const resolved: unknown = inline ?? machine.implementations.actions[name];
  if (isAssign(resolved)) return new AssignOperation(resolved.assignment, params);
  if (isRaise(resolved)) return new RaiseOperation(resolved, params);
  if (isBuiltin(resolved)) return new BuiltinOperation(resolved, params);
  return new OwnOperation(name === '' && inline ? '(anonymous)' : name, resolved, params);
}

/** Stops the children of a chart that is over. */
export function stopChildren(run: Run): void {
  const children: AnyActorRef[] = Object.values(run.children);
  for (const child of children) operationOf(stopChild(child), run.machine).run(run);
}

/** An action of the user's. */
class OwnOperation implements Operation {
  readonly #type: string;
  readonly #exec: Maker<void> | undefined;
  readonly #params: unknown;

  constructor(type: string, exec: unknown, params: unknown) {
    this.#type = type;
    this.#exec = isMaker(exec) ? exec : undefined;
    this.#params = params;
  }

  run(run: Run): void {
    const params = paramsFor(run, this.#params);
    run.scope.actionExecutor({ type: this.#type, info: run.args, params, exec: this.#exec });
  }
}

class AssignOperation implements Operation {
  readonly #assigner: Maker<object | undefined> | undefined;
  readonly #members: (readonly [string, unknown])[];
  readonly #params: unknown;

  constructor(assignment: AssignBuiltin['assignment'], params: unknown) {
    this.#assigner = isMaker(assignment) ? assignment : undefined;
    this.#members = isMaker(assignment) ? [] : Object.entries(assignment);
    this.#params = params;
  }

  run(run: Run): void {
    const params = paramsFor(run, this.#params);
    if (!run.context) {
      throw new Error(
        'Cannot assign to undefined `context`. Ensure that `context` is defined in the machine config.',
      );
    }
    const { scope } = run;
    const args = {
      context: run.context,
      event: run.event,
      spawn: (src: AnyActorLogic | string, options?: object) => spawn(run, src, options),
      self: scope.self,
      system: scope.system,
    };
    run.assign(
      this.#assigner === undefined
        ? this.#withMembers(run.context, args, params)
        : { ...run.context, ...this.#assigner(args, params) },
    );
  }

  #withMembers(context: object, args: ActionArgs, params: unknown): object {
    const next: Record<string, unknown> = { ...context };
    for (const [key, member] of this.#members) next[key] = isMaker(member) ? member(args, params) : member;
    return next;
  }
}

class RaiseOperation implements Operation {
  readonly #raise: RaiseBuiltin;
  readonly #params: unknown;

  constructor(raised: RaiseBuiltin, params: unknown) {
    this.#raise = raised;
    this.#params = params;
  }

  run(run: Run): void {
    const { event: made, type, id, delay } = this.#raise;
    const given = paramsFor(run, this.#params);
    if (delay !== undefined || typeof made === 'string') {
      runBuiltin(run, this.#raise, given);
      return;
    }
    const { args } = run;
    const event = isMaker(made) ? made(args, given) : made;
    run.queue.push(event);
    run.scope.actionExecutor({ type, info: args, params: { event, id, delay }, exec: nothing });
  }
}

/** Any other action of xstate's: it knows itself what to do. */
class BuiltinOperation implements Operation {
  readonly #builtin: Builtin;
  readonly #params: unknown;

  constructor(builtin: Builtin, params: unknown) {
    this.#builtin = builtin;
    this.#params = params;
  }

  run(run: Run): void {
    runBuiltin(run, this.#builtin, paramsFor(run, this.#params));
  }
}

function runBuiltin(run: Run, builtin: Builtin, params: unknown): void {
  const { args, scope } = run;
  const extra = { internalQueue: run.queue, deferredActorIds: run.awaited };
  const [snapshot, made, actions] = builtin.resolve(scope, run.snapshot, args, params, builtin, extra);
  run.adopt(snapshot);
  if (run.awaited !== undefined && builtin.retryResolve !== undefined) {
    run.retry((last) => builtin.retryResolve?.(scope, last, made));
  }
  if (builtin.execute !== undefined) {
    const exec = builtin.execute.bind(null, scope, made);
    scope.actionExecutor({ type: builtin.type, info: args, params: made, exec });
  }
  if (actions !== undefined) for (const action of actions) operationOf(action, run.machine).run(run);
}

/** Spawns through an assignment of xstate's own, which alone knows how; the context stays as it is. */
function spawn(run: Run, src: AnyActorLogic | string, options: object | undefined): AnyActorRef | undefined {
  let spawned: AnyActorRef | undefined;
  const spawning: unknown = assign((args) => {
    spawned = args.spawn(src, options);
    return {};
  });
  if (isBuiltin(spawning)) runBuiltin(run, spawning, undefined);
  return spawned;
}

function typeOf(action: Action): string {
  if (typeof action === 'string') return action;
  return 'type' in action ? String(action.type) : '';
}

function paramsFor(run: Run, params: unknown): unknown {
  return typeof params === 'function' ? params({ context: run.context, event: run.event }) : params;
}

function nothing(): void {}

function resolverOf(sample: unknown): unknown {
  return isBuiltin(sample) ? sample.resolve : undefined;
}

function isMaker<Made>(value: Maker<Made> | unknown): value is Maker<Made> {
  return typeof value === 'function';
}

function isBuiltin(action: unknown): action is Builtin {
  return typeof action === 'function' && 'resolve' in action;
}

function isAssign(action: unknown): action is AssignBuiltin {
  return isBuiltin(action) && action.resolve === resolveAssign;
}

function isRaise(action: unknown): action is RaiseBuiltin {
  return isBuiltin(action) && action.resolve === resolveRaise;
}
