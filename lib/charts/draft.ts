import { spawnChild, stopChild } from 'xstate';
import { completionOf } from './completion.js';
import { type Action, initialNodesOf, type Node } from './nodes.js';
import type { Operation } from './operation.js';
import type { Run } from './run.js';
import type { Move, Transit } from './transit.js';

/** What a microstep does, worked out once: it depends on the active states, the moves and the histories alone. */
export interface Draft<Of extends Move> {
  /** The moves that are made: those without the ones that others rule out. */
  readonly kept: readonly Of[];
  /** Everything that is done, in its order. */
  readonly operations: readonly Operation[];
  /** The states that are active afterwards, in the order in which they became so; undefined if they are the same. */
  readonly nodes: Node[] | undefined;
  /** What histories remember from then on. */
  readonly memories: ReadonlyMap<string, Node[]> | undefined;
}

/** How a draft is made. */
export interface Drafting {
  readonly active: readonly Node[];
  readonly transit: Transit;
  compile(action: Action): Operation;
}

/** The move with which a chart begins. */
function firstMove(root: Node): Move {
  return { source: root, target: [...initialNodesOf(root)], reenter: true, actions: [] };
}

/** Works out a microstep. */
export function draftOf<Of extends Move>(moves: readonly Of[], drafting: Drafting): Draft<Of> {
  const active = new Set(drafting.active);
  const kept = drafting.transit.withoutConflicts(moves, active);
  const left = [...drafting.transit.exits(kept, active)].sort(lastFirst);
  const memories = drafting.transit.memories(left, active);
  const operations: Operation[] = [];
  for (const node of left) {
    operations.push(...leave(node, drafting));
    active.delete(node);
  }
  for (const { actions } of kept) for (const action of actions) operations.push(drafting.compile(action));
  // What is entered goes by what has just been remembered.
  const transit = memories === undefined ? drafting.transit : drafting.transit.with(memories);
  const { nodes } = enter(kept, active, { ...drafting, transit }, operations);
  const isSame = memories === undefined && sameNodes(drafting.active, active);
  return { kept, operations, memories, nodes: isSame ? undefined : nodes };
}

/** Works out the first microstep: nothing is left, and the root is entered too. */
export function firstDraftOf(root: Node, drafting: Drafting): Draft<Move> {
  const operations: Operation[] = [];
  const active = new Set([root]);
  const moves = [firstMove(root)];
  const { nodes } = enter(moves, active, drafting, operations, root);
  return { kept: moves, operations, memories: undefined, nodes: active.size === 1 ? undefined : nodes };
}

function enter(
  moves: readonly Move[],
  active: Set<Node>,
  drafting: Drafting,
  operations: Operation[],
  root?: Node,
): { readonly nodes: Node[] } {
  const entry = drafting.transit.entry(moves);
  const over = new Set<Node>();
  let isDone = false;
  for (const node of [...entry.nodes].sort((left, right) => left.order - right.order)) {
    active.add(node);
    const byDefault = entry.byDefault.has(node) || node === root;
    operations.push(...arrive(node, byDefault, drafting));
    if (node.type !== 'final') continue;
    const completion = completionOf(node, active, over);
    operations.push(...completion.operations);
    isDone ||= completion.isLast;
  }
  const nodes = [...active];
  if (isDone) {
    nodes.sort(lastFirst);
    for (const { exit } of nodes) for (const action of exit) operations.push(drafting.compile(action));
  }
  return { nodes };
}

function leave({ exit, invoke }: Node, { compile }: Drafting): Operation[] {
  return [...exit, ...invoke.map(({ id }) => stopChild(id))].map(compile);
}

function arrive({ entry, invoke, initial }: Node, byDefault: boolean, { compile }: Drafting): Operation[] {
  const invoked = invoke.map(({ src, id, input, systemId, onSnapshot }) =>
    spawnChild(src, {
      id,
      input,
      syncSnapshot: Boolean(onSnapshot),
      ...(systemId === undefined ? {} : { systemId }),
    }),
  );
  const actions = [...entry, ...invoked, ...(byDefault ? initial.actions : [])].map(compile);
  if (invoke.length === 0) return actions;
  const ids = invoke.map(({ id }) => id);
  return [
    { run: (run: Run) => run.awaitActors(ids) },
    ...actions,
    { run: (run: Run) => run.resolveRetries() },
  ];
}

function lastFirst(left: Node, right: Node): number {
  return right.order - left.order;
}

function sameNodes(nodes: readonly Node[], active: ReadonlySet<Node>): boolean {
  return nodes.length === active.size && nodes.every((node) => active.has(node));
}
