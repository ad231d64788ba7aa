import { type AnyActorLogic, type AnyEventObject, type AnyStateMachine, StateMachine } from 'xstate';
import { hasMethods, wrong } from '../core/parse.js';
import { Chart } from './chart.js';
import { initialOf, type Node } from './nodes.js';
import type { ChartScope } from './run.js';
import type { ChartSnapshot } from './snapshot.js';
import { defaultOf } from './transit.js';

/** Whether a chart runs from tables; if not, what in it sent it back to xstate's own step, and where that stands. */
export type Compilation =
  | { readonly isCompiled: true }
  | {
      readonly isCompiled: false;
      /** In words, such as 'two states with one id'. */
      readonly feature: string;
      /** The id of the state, or of the machine. */
      readonly at: string;
    };

/** A machine that says whether it runs from tables; in everything else it is the machine it was made of. */
export type CompiledChart<Machine extends AnyStateMachine> = Machine & {
  /** Whether it runs from tables, and if not, why. */
  readonly compilation: Compilation;
};

/** What a machine binds to itself, unless somebody has put something else in its place. */
const OWN_STEPS = ['transition', 'getInitialSnapshot'] as const;

type Implementations = Parameters<AnyStateMachine['provide']>[0];

const charts = new WeakMap<AnyStateMachine, AnyStateMachine>();

/**
 * The same machine, faster: its states, transitions, guards and actions are resolved once into tables, and a step looks
 * up what xstate works out each time. Snapshots are xstate's, and equal to those that the machine makes itself, and so are
 * the actions, their order and what they are given, what is sent, and what is thrown. Runs wherever the machine does:
 * `createActor`, `createSystem`, as an invoked actor. Its implementations are read once: use `provide` to change them,
 * which gives a compiled chart again. No code is generated. Compiling the same machine again costs nothing.
 *
 * What cannot be compiled runs as before, and `compilation` says why. @throws `InvalidOption` for what is no machine.
 *
 * @example
 * const actor = createActor(compileChart(machine)).start();
 */
export function compileChart<Machine extends AnyStateMachine>(machine: Machine): CompiledChart<Machine> {
  if (isCompiled(machine)) return machine;
  if (!hasMethods('machine', machine, ['transition', 'getInitialSnapshot', 'provide'])) {
    throw wrong('what compileChart is given', 'a machine made by xstate, such as createMachine(…)', machine);
  }
  const known: unknown = charts.get(machine);
  if (isMadeOf(known, machine)) return known;
  const compilation = compilationOf(machine);
  const steps = compilation.isCompiled ? stepsOf(machine) : {};
  const provide = (given: Implementations) => compileChart(machine.provide(given));
  const made = Object.assign(Object.create(machine), steps, { provide, compilation });
  charts.set(machine, made);
  return made;
}

/** The compiled chart of a logic that is one; any other logic as it is. */
export function compiledLogic<Logic extends AnyActorLogic>(logic: Logic): Logic {
  return logic instanceof StateMachine ? compileChart(logic) : logic;
}

function stepsOf(machine: AnyStateMachine) {
  const chart = new Chart(machine);
  const resolveState: AnyStateMachine['resolveState'] = machine.resolveState.bind(machine);
  return {
    transition: (snapshot: ChartSnapshot, event: AnyEventObject, scope: ChartScope) =>
      chart.next(snapshot, event, scope),
    getInitialSnapshot: (scope: ChartScope, input?: unknown) => chart.initial(scope, input),
    resolveState,
  };
}

/** What a machine says by its configuration is compiled, but for what xstate itself cannot run. */
function compilationOf(machine: AnyStateMachine): Compilation {
  const { id } = machine;
  const refuse = (feature: string, at = id): Compilation => ({ isCompiled: false, feature, at });
  if (!isOfThisXstate(machine)) return refuse('a machine of another copy of xstate');
  if (Object.getPrototypeOf(machine) !== StateMachine.prototype) return refuse('a subclass of StateMachine');
  if (OWN_STEPS.some((name) => machine[name].name !== `bound ${name}`)) {
    return refuse('a step of its own');
  }
  const nodes = [...nodesBelow(machine.root)];
  const twin = nodes.find((node, index) => nodes.findIndex((other) => other.id === node.id) !== index);
  if (twin !== undefined) return refuse('two states with one id', twin.id);
  for (const node of nodes) {
    const flaw = flawOf(node);
    if (flaw !== undefined) return refuse(flaw, node.id);
  }
  return { isCompiled: true };
}

function* nodesBelow(node: Node): Generator<Node> {
  yield node;
  for (const child of Object.values<Node>(node.states)) yield* nodesBelow(child);
}

/** What xstate itself trips over: a history would become active, remember itself, and be entered without end. */
function flawOf(node: Node): string | undefined {
  try {
    if (node.type === 'compound' && initialOf(node).type === 'history')
      return 'a history as the initial state';
    const leadsOn = node.type === 'history' && defaultOf(node).some(({ type }) => type === 'history');
    if (leadsOn) return 'a history that leads to a history';
  } catch {
    return 'a target that does not exist';
  }
  return undefined;
}

function isOfThisXstate(machine: object): boolean {
  return machine instanceof StateMachine;
}

function isCompiled<Machine extends AnyStateMachine>(machine: Machine): machine is CompiledChart<Machine> {
  return Object.hasOwn(Object(machine), 'compilation');
}

function isMadeOf<Machine extends AnyStateMachine>(
  made: unknown,
  machine: Machine,
): made is CompiledChart<Machine> {
  return typeof made === 'object' && made !== null && Object.getPrototypeOf(made) === machine;
}
