import { type AnyStateMachine, and, type EventObject, not, or, type StateValue, stateIn } from 'xstate';
import type { ChartSnapshot } from './snapshot.js';

/** What guards are given. */
export interface GuardArgs {
  readonly context: ChartSnapshot['context'];
  readonly event: EventObject;
}

/** A guard with everything looked up that does not change: truthy is yes. */
export type Check = (snapshot: ChartSnapshot, args: GuardArgs) => unknown;

type Predicate = (args: GuardArgs, params: unknown) => unknown;
/** How xstate's own guards, such as `and`, are made: a function that holds what it was made of. */
type Builtin = Predicate & {
  check(snapshot: ChartSnapshot, args: GuardArgs, builtin: Builtin): unknown;
  readonly guards?: readonly unknown[];
  readonly stateValue?: StateValue;
};

const never = (): boolean => false;
const isAnd = sameCheck(and([never]));
const isOr = sameCheck(or([never]));
const isNot = sameCheck(not(never));
const isStateIn = sameCheck(stateIn(''));

/** Resolves a guard once. What is missing throws where it is evaluated, as with xstate. */
export function checkOf(guard: unknown, machine: AnyStateMachine): Check {
  if (isPredicate(guard)) return checkBy(guard, undefined, machine);
  const { type: name, params } = isNamed(guard) ? guard : { type: String(guard), params: undefined };
  let check: Check | undefined;
  // When it is first needed, for guards may name each other in a circle.
  return (snapshot, args) => {
    check ??= namedCheck(name, params, machine);
    return check(snapshot, args);
  };
}

function namedCheck(name: string, params: unknown, machine: AnyStateMachine): Check {
  const named: unknown = machine.implementations.guards[name];
  if (!named) throw new Error(`Guard '${name}' is not implemented.'.`);
  if (isPredicate(named)) return checkBy(named, params, machine);
  return checkOf(named, machine);
}

function checkBy(guard: Predicate, params: unknown, machine: AnyStateMachine): Check {
  const check: Check | undefined = isBuiltin(guard) ? builtinCheck(guard, machine) : undefined;
  if (isPredicate(params)) {
    return (snapshot, args) => {
      const made = params({ context: args.context, event: args.event }, undefined);
      return check === undefined ? guard(args, made) : check(snapshot, args);
    };
  }
  return check ?? ((_, args) => guard(args, params));
}

function builtinCheck(guard: Builtin, machine: AnyStateMachine): Check {
  const checks = (guard.guards ?? []).map((inner) => checkOf(inner, machine));
  const [first] = checks;
  if (isAnd(guard)) return (snapshot, args) => checks.every((check) => check(snapshot, args));
  if (isOr(guard)) return (snapshot, args) => checks.some((check) => check(snapshot, args));
  if (isNot(guard) && first !== undefined) return (snapshot, args) => !first(snapshot, args);
  if (isStateIn(guard)) return stateCheck(guard, machine);
  return (snapshot, args) => guard.check(snapshot, args, guard);
}

function stateCheck(guard: Builtin, machine: AnyStateMachine): Check {
  const { stateValue } = guard;
  if (typeof stateValue !== 'string' || !stateValue.startsWith('#')) {
    return (snapshot, args) => guard.check(snapshot, args, guard);
  }
  return (snapshot) => snapshot._nodes.includes(machine.getStateNodeById(stateValue));
}

function sameCheck(sample: unknown): (guard: Builtin) => boolean {
  const check = typeof sample === 'function' && 'check' in sample ? sample.check : undefined;
  return (guard) => guard.check === check;
}

function isPredicate(value: unknown): value is Predicate {
  return typeof value === 'function';
}

function isBuiltin(guard: Predicate): guard is Builtin {
  return 'check' in guard;
}

function isNamed(guard: unknown): guard is { readonly type: string; readonly params?: unknown } {
  return typeof guard === 'object' && guard !== null && 'type' in guard && typeof guard.type === 'string';
}
