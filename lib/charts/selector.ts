import type { AnyEventObject, StateValue } from 'xstate';
import { type Check, checkOf, type GuardArgs } from './guard.js';
import { ancestorsOf, childByKey, isAtomic, type Node } from './nodes.js';
import type { ChartSnapshot } from './snapshot.js';
import type { Transition } from './transit.js';

/** A transition that an event may take, given its guard. */
export interface Candidate {
  readonly transition: Transition;
  readonly check: Check | undefined;
}

/**
 * The candidates of some active states for events of one type. First each region says what it takes, then, if none
 * takes anything, the first of its own candidates whose guard says yes.
 */
export interface Selector<Of extends Candidate> {
  readonly regions: readonly Selector<Of>[];
  readonly own: readonly Of[];
}

/** Makes the candidate of a transition. */
export type Nominate<Of extends Candidate> = (transition: Transition, check: Check | undefined) => Of;

/** What of a chart takes an event of a type in a state value. */
export function selectorFor<Of extends Candidate>(
  node: Node,
  value: StateValue,
  type: string,
  nominate: Nominate<Of>,
): Selector<Of> {
  const ownOf = (state: Node) =>
    transitionsFor(state, type).map((transition) => nominate(transition, explained(transition, type)));
  const own = ownOf(node);
  if (typeof value === 'string') return { regions: [], own: [...ownOf(childByKey(node, value)), ...own] };
  const below = Object.entries(value).flatMap(([key, inner]) =>
    inner === undefined ? [] : [selectorFor(childByKey(node, key), inner, type, nominate)],
  );
  const regions = below.filter((region) => region.own.length > 0 || region.regions.length > 0);
  const [only] = regions;
  if (only === undefined || regions.length > 1) return { regions, own };
  return { regions: only.regions, own: [...only.own, ...own] };
}

/** What of a chart takes no event at all: for each atomic state its candidates and those above it. */
export function eventlessOf<Of extends Candidate>(nodes: readonly Node[], nominate: Nominate<Of>): Of[][] {
  const known = new Map<Transition, Of>();
  const candidateOf = (transition: Transition): Of => {
    const { guard, source } = transition;
    const check = guard === undefined ? undefined : checkOf(guard, source.machine);
    const candidate = known.get(transition) ?? nominate(transition, check);
    known.set(transition, candidate);
    return candidate;
  };
  return nodes
    .filter(isAtomic)
    .map((node) => [node, ...ancestorsOf(node, undefined)].flatMap(({ always }) => always ?? []))
    .filter((transitions) => transitions.length > 0)
    .map((transitions) => transitions.map(candidateOf));
}

/** The first candidate whose guard says yes. */
export function firstOf<Of extends Candidate>(
  candidates: readonly Of[],
  snapshot: ChartSnapshot,
  event: AnyEventObject,
): Of | undefined {
  let args: GuardArgs | undefined;
  for (const candidate of candidates) {
    if (candidate.check === undefined) return candidate;
    args ??= { context: snapshot.context, event };
    if (candidate.check(snapshot, args)) return candidate;
  }
  return undefined;
}

/** The guard of a transition that an event may take; an error of it says where it stands, in xstate's words. */
function explained({ guard, source }: Transition, type: string): Check | undefined {
  if (!guard) return undefined;
  const check = checkOf(guard, source.machine);
  const name = typeof guard === 'string' ? guard : typeof guard === 'object' ? guard.type : undefined;
  const which = name ? `'${name}' ` : '';
  return (snapshot, args) => {
    try {
      return check(snapshot, args);
    } catch (error) {
      const message = messageOf(error);
      throw new Error(
        `Unable to evaluate guard ${which}in transition for event '${type}' in state node '${source.id}':\n${message}`,
      );
    }
  };
}

function messageOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
}

/** The transitions of a state that an event of a type may take, in the order in which they are tried. */
function transitionsFor({ transitions }: Node, type: string): Transition[] {
  const exact = transitions.get(type) ?? [];
  const partial = [...transitions.keys()]
    .filter((descriptor) => descriptor !== type && describes(descriptor, type))
    .sort((left, right) => right.length - left.length);
  return [...exact, ...partial.flatMap((descriptor) => transitions.get(descriptor) ?? [])];
}

/** Whether a descriptor, such as `*` or `order.*`, means events of a type. */
function describes(descriptor: string, type: string): boolean {
  if (descriptor === '*') return true;
  if (!descriptor.endsWith('.*')) return false;
  const tokens = type.split('.');
  const expected = descriptor.split('.');
  const star = expected.indexOf('*');
  if (star !== expected.length - 1) return false;
  return expected.slice(0, star).every((token, at) => token === tokens[at]);
}
