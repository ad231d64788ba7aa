import { type AnyStateMachine, and, createMachine, not, or, stateIn } from 'xstate';
import { ACTIONS, ACTORS, DELAYS, GUARDS } from './random-implementations.js';
import type { Tape } from './tape.js';

/** Types of events that random charts know, and one that they may know by a wildcard alone. */
export const EVENT_TYPES = ['A', 'B', 'C', 'a.b', 'a.b.c', 'Z'];
const DESCRIPTORS = ['A', 'B', 'C', 'a.b', 'A', 'B', 'a.*', '*'];
const ACTION_TYPES = [
  'note',
  'increment',
  'note',
  'add',
  'increment',
  'tellSelf',
  'enqueue',
  'emit',
  'raiseSome',
  'raiseLate',
  'log',
  'cancelLate',
  'missing',
  'spawn',
  'spawnInAssign',
  'stopChild',
  'raiseA',
  'raiseOwn',
  'raiseB',
  'tellChild',
  'tellChildLate',
  'fail',
];

interface Config {
  [key: string]: unknown;
}

interface Draft {
  readonly index: number;
  readonly below: Draft[];
  readonly kind: number;
}

/** A chart made of random choices: states in states, parallel ones, histories, guards, actions of every sort. */
export function randomChart(tape: Tape): AnyStateMachine {
  const implementations = { actions: ACTIONS, actors: ACTORS, delays: DELAYS, guards: GUARDS };
  return createMachine(untyped(randomConfig(tape)), untyped(implementations));
}

function randomConfig(tape: Tape): Config {
  const drafts: Draft[] = [{ index: 0, below: [], kind: tape.below(8) }];
  for (let count = 2 + tape.below(7); count > 0; count -= 1) {
    const draft = { index: drafts.length, below: [], kind: tape.below(8) };
    drafts[tape.below(drafts.length)]?.below.push(draft);
    drafts.push(draft);
  }
  const [root] = drafts;
  if (root === undefined) throw new Error('There is always a root.');
  return {
    ...stateConfig(root, drafts.length, tape),
    context: tape.once(4) ? () => ({ count: 1, log: 'made' }) : { count: 0, log: '' },
    options: { maxIterations: 8 },
  };
}

function stateConfig({ index, below, kind }: Draft, count: number, tape: Tape): Config {
  const id = `s${index}`;
  if (below.length === 0 && index > 0 && kind > 4) return leafConfig(id, kind, count, tape);
  const states = below.map((draft) => [`k${draft.index}`, stateConfig(draft, count, tape)] as const);
  const type = below.length > 0 && kind > 4 ? { type: 'parallel' } : {};
  const initial = below.length > 0 && kind <= 4 ? { initial: initialOf(states, tape) } : {};
  return {
    id,
    ...type,
    ...initial,
    ...(below.length > 0 ? { states: Object.fromEntries(states) } : {}),
    entry: tape.some(2, () => randomAction(tape)),
    exit: tape.some(2, () => randomAction(tape)),
    on: Object.fromEntries(
      (index === 0 ? EVENT_TYPES : tape.atLeastOne(5, () => tape.pick(DESCRIPTORS, 'A'))).map(
        (descriptor) => [descriptor, tape.once(8) ? {} : randomTransitions(count, tape)],
      ),
    ),
    ...(tape.once(12) ? { always: randomTransitions(count, tape, true) } : {}),
    ...(tape.once(6) ? { after: { [tape.pick(['10', 'soon'], '10')]: randomTransitions(count, tape) } } : {}),
    ...(tape.once(4) ? { onDone: randomTransitions(count, tape) } : {}),
    ...(tape.once(8)
      ? { invoke: { src: 'child', id: `i${index}`, onDone: randomTransitions(count, tape) } }
      : {}),
    ...(tape.once(4) ? { tags: [`t${index % 3}`] } : {}),
    ...(index === 0 ? { output: tape.once(2) ? 'plain' : outputOf } : {}),
    ...(tape.once(6) ? { meta: { of: id } } : {}),
  };
}

function outputOf({ context, event }: { context: { count: number }; event: { type: string } }): string {
  return `${context.count} ${event.type}`;
}

/** Any state but a history, if there is one: xstate trips over that. */
function initialOf(states: (readonly [string, Config])[], tape: Tape): unknown {
  const begins = states.filter(([, { type }]) => type !== 'history');
  const [key] = tape.pick(begins, states[0] ?? ['']);
  return tape.once(4) ? { target: key, actions: [randomAction(tape)] } : key;
}

function leafConfig(id: string, kind: number, count: number, tape: Tape): Config {
  if (kind === 5) {
    return {
      id,
      type: 'final',
      entry: tape.some(1, () => randomAction(tape)),
      ...(tape.once(2) ? { output: outputOf } : {}),
    };
  }
  const target = tape.once(3) ? { target: randomTarget(count, tape) } : {};
  return { id, type: 'history', history: kind === 6 ? 'shallow' : 'deep', ...target };
}

function randomTransitions(count: number, tape: Tape, isEventless = false): Config[] {
  const first = randomTransition(count, tape, isEventless);
  return tape.once(3) ? [first, randomTransition(count, tape, isEventless)] : [first];
}

function randomTransition(count: number, tape: Tape, isEventless: boolean): Config {
  const targets = tape.once(12)
    ? [randomTarget(count, tape), randomTarget(count, tape)]
    : randomTarget(count, tape);
  return {
    ...(tape.once(4) ? {} : { target: targets }),
    ...guarded(isEventless, tape),
    ...(tape.once(5) ? { reenter: true } : {}),
    actions: [...tape.some(2, () => randomAction(tape)), ...(isEventless ? ['increment'] : [])],
  };
}

/** What needs no event comes to an end mostly, or a chart would do nothing else. */
function guarded(isEventless: boolean, tape: Tape): Config {
  if (!isEventless) return tape.once(3) ? { guard: randomGuard(tape, 2) } : {};
  if (tape.once(10)) return {};
  return { guard: and([({ context }) => context.count < 5, untyped(randomGuard(tape, 2))]) };
}

function randomTarget(count: number, tape: Tape): string {
  return `#s${tape.below(count)}`;
}

function randomAction(tape: Tape): unknown {
  const type =
    ACTION_TYPES[Math.min(tape.below(ACTION_TYPES.length), tape.below(ACTION_TYPES.length))] ?? 'note';
  const how = tape.below(4);
  if (how === 0) return type;
  if (how === 1) return { type, params: { by: tape.below(5) } };
  if (how === 2)
    return { type, params: ({ context }: { context: { count: number } }) => ({ by: context.count }) };
  return ACTIONS[type] ?? type;
}

function randomGuard(tape: Tape, depth: number): unknown {
  const inner = () => untyped(randomGuard(tape, depth - 1));
  switch (tape.below(depth > 0 ? 12 : 8)) {
    case 0:
      return 'isEven';
    case 1:
      return { type: 'isBelow', params: { most: tape.below(6) } };
    case 2:
      return {
        type: 'isBelow',
        params: ({ context }: { context: { count: number } }) => ({ most: context.count + 1 }),
      };
    case 3:
      return 'isOften';
    case 4:
      return stateIn(`#s${tape.below(6)}`);
    case 5:
      return ({ event }: { event: { type: string } }) => event.type !== 'B';
    case 6:
      return tape.once(4) ? 'nobody' : 'both';
    case 7:
      return tape.once(4) ? 'throwing' : stateIn({ k1: 'k2' });
    case 8:
      return and([inner(), inner()]);
    case 9:
      return or([inner(), inner()]);
    default:
      return not(inner());
  }
}

/** Without its type: what is made at random has none that xstate would take. */
function untyped(value: unknown) {
  return Object({ value }).value;
}
