import type { AnyStateMachine, AnyStateNode, StateValue } from 'xstate';

/** A state of a chart, as xstate has resolved it. */
export type Node = AnyStateNode;

/** An action as it stands in a chart: a name, a name with params, or a function. */
export type Action = string | object;

/** Whether a state lies below another, at any depth; below `undefined` lies everything, the root included. */
export function isDescendant(node: Node, ancestor: Node | undefined): boolean {
  let marker = node;
  while (marker.parent !== undefined && marker.parent !== ancestor) marker = marker.parent;
  return marker.parent === ancestor;
}

/** The states above one, the nearest first, up to but without `end`. */
export function ancestorsOf(node: Node, end: Node | undefined): Node[] {
  const ancestors: Node[] = [];
  if (node === end) return ancestors;
  for (let above = node.parent; above !== undefined && above !== end; above = above.parent) {
    ancestors.push(above);
  }
  return ancestors;
}

/** The nearest state that all of them lie below. */
export function commonAncestorOf([head, ...others]: readonly Node[]): Node | undefined {
  if (head === undefined) return undefined;
  return ancestorsOf(head, undefined).find((above) => others.every((node) => isDescendant(node, above)));
}

/** Whether nothing lies below it. */
export function isAtomic(node: Node): boolean {
  return node.type === 'atomic' || node.type === 'final';
}

/** The states right below one that can be active: all but its histories. */
export function childrenOf(node: Node): Node[] {
  return Object.values<Node>(node.states).filter(({ type }) => type !== 'history');
}

/** The histories right below a state. */
export function historiesOf(node: Node): Node[] {
  return Object.values<Node>(node.states).filter(({ type }) => type === 'history');
}

/** What is entered with a state if nothing says otherwise, the state itself first. */
export function initialNodesOf(node: Node): Set<Node> {
  const found = new Set<Node>();
  const enter = (entered: Node) => {
    if (found.has(entered)) return;
    found.add(entered);
    if (entered.type === 'compound') enter(initialOf(entered));
    else if (entered.type === 'parallel') for (const child of childrenOf(entered)) enter(child);
  };
  enter(node);
  return found;
}

/** The state that a compound one begins in; xstate refuses a compound state without. */
export function initialOf(compound: Node): Node {
  const [initial] = compound.initial.target;
  if (initial === undefined) throw new Error(`State '${compound.id}' has no initial state.`);
  return initial;
}

/** Whether a state is over: in a final one, or, for a parallel state, all its regions are. */
export function isOver(active: ReadonlySet<Node>, node: Node): boolean {
  if (node.type === 'compound') {
    return childrenOf(node).some((child) => child.type === 'final' && active.has(child));
  }
  if (node.type === 'parallel') return childrenOf(node).every((child) => isOver(active, child));
  return node.type === 'final';
}

/** The value of a snapshot in which these states are active, completed where they leave something open. */
export function stateValueOf(root: Node, nodes: Iterable<Node>): StateValue {
  return valueBelow(root, membersOf(completed(nodes)));
}

/** A state from its path below another: `a.b`, with a backslash before a dot that belongs to a key, or `#id`. */
export function nodeByPath(from: Node, path: string): Node {
  const named = path.startsWith('#') ? nodeById(from.machine, path) : undefined;
  if (named !== undefined) return named;
  let found = from;
  for (const key of keysOf(path)) {
    if (key === '') break;
    found = childByKey(found, key);
  }
  return found;
}

function nodeById(machine: AnyStateMachine, id: string): Node | undefined {
  try {
    return machine.getStateNodeById(id);
  } catch {
    return undefined; // xstate then takes it for a path, whose keys may begin with '#'
  }
}

/** The state right below another that has this key. */
export function childByKey(node: Node, key: string): Node {
  if (key.startsWith('#')) return node.machine.getStateNodeById(key);
  const child: Node | undefined = node.states[key];
  if (child === undefined) throw new Error(`Child state '${key}' does not exist on '${node.id}'`);
  return child;
}

function keysOf(path: string): string[] {
  const keys: string[] = [];
  let key = '';
  for (let at = 0; at < path.length; at += 1) {
    if (path[at] === '.') {
      keys.push(key);
      key = '';
    } else {
      if (path[at] === '\\') at += 1;
      key += path[at];
    }
  }
  return [...keys, key];
}

/** All states that are active if these are: what they enter below themselves, and what lies above. */
function completed(nodes: Iterable<Node>): Set<Node> {
  const all = new Set(nodes);
  const members = membersOf(all);
  for (const node of all) {
    const isEmpty = node.type === 'compound' && (members.get(node)?.length ?? 0) === 0;
    const entered = isEmpty ? [node] : regionsOf(node).filter((region) => !all.has(region));
    for (const below of entered.flatMap(withAllBelow)) all.add(below);
  }
  for (const node of all) for (const above of ancestorsOf(node, undefined)) all.add(above);
  return all;
}

function regionsOf(node: Node): Node[] {
  return node.type === 'parallel' ? childrenOf(node) : [];
}

function withAllBelow(node: Node): Node[] {
  const below = initialNodesOf(node);
  for (const entered of below) for (const above of ancestorsOf(entered, node)) below.add(above);
  return [...below];
}

/** Active states by the state they lie right below, in the order in which they became active. */
function membersOf(nodes: Iterable<Node>): Map<Node, Node[]> {
  const members = new Map<Node, Node[]>();
  const of = (node: Node): Node[] => {
    const known = members.get(node) ?? [];
    members.set(node, known);
    return known;
  };
  for (const node of nodes) {
    of(node);
    if (node.parent !== undefined) of(node.parent).push(node);
  }
  return members;
}

function valueBelow(node: Node, members: ReadonlyMap<Node, readonly Node[]>): StateValue {
  const active = members.get(node) ?? [];
  const [first] = active;
  if (node.type === 'compound' && (first === undefined || isAtomic(first))) return first?.key ?? {};
  const value: Record<string, StateValue> = {};
  for (const child of active) value[child.key] = valueBelow(child, members);
  return value;
}
