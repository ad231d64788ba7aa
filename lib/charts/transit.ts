import type { AnyTransitionDefinition } from 'xstate';
import {
  type Action,
  ancestorsOf,
  childrenOf,
  commonAncestorOf,
  historiesOf,
  initialOf,
  isAtomic,
  isDescendant,
  type Node,
  nodeByPath,
} from './nodes.js';

/** A transition of a chart, as xstate has resolved it. */
export type Transition = AnyTransitionDefinition;

/** What a transition does to the states. */
export interface Move {
  readonly source: Node;
  /** Undefined where no state is left or entered. */
  readonly target?: readonly Node[] | undefined;
  readonly reenter: boolean;
  readonly actions: readonly Action[];
}

/** The states that histories remember, by the id of the history. */
export type HistoryValue = Readonly<Record<string, Node[]>>;

/** The states that moves enter. */
export interface Entry {
  readonly nodes: ReadonlySet<Node>;
  /** Those of them that nobody has aimed below: the actions of their initial transition run. */
  readonly byDefault: ReadonlySet<Node>;
}

interface OpenEntry extends Entry {
  readonly nodes: Set<Node>;
  readonly byDefault: Set<Node>;
}

/**
 * Which states moves leave and enter, given what the histories remember. The algorithm is SCXML's, with what xstate 5
 * has made of it, down to the order in which sets are filled: that order shows in snapshots.
 */
export class Transit {
  readonly #history: HistoryValue;
  readonly #asked: { isAsked: boolean };

  constructor(history: HistoryValue, asked = { isAsked: false }) {
    this.#history = history;
    this.#asked = asked;
  }

  /** Whether the histories have been asked: with others it may come out differently. */
  get usesHistory(): boolean {
    return this.#asked.isAsked;
  }

  /** The same once histories remember something else as well. */
  with(memories: ReadonlyMap<string, Node[]>): Transit {
    return new Transit({ ...this.#history, ...Object.fromEntries(memories) }, this.#asked);
  }

  /** The moves that can be made together: of two that leave a common state the inner one, else the earlier. */
  withoutConflicts<Of extends Move>(moves: readonly Of[], active: ReadonlySet<Node>): Of[] {
    const kept = new Set<Of>();
    for (const move of moves) {
      const rivals = [...kept].filter((other) => this.#collide(move, other, active));
      const stronger = rivals.findIndex((other) => !isDescendant(move.source, other.source));
      if (stronger !== -1) continue;
      for (const rival of rivals) kept.delete(rival);
      kept.add(move);
    }
    return [...kept];
  }

  /** The states that moves leave, in no order that means anything. */
  exits(moves: readonly Move[], active: ReadonlySet<Node>): Set<Node> {
    const left = new Set<Node>();
    for (const move of moves) {
      if (move.target === undefined || move.target.length === 0) continue;
      const domain = this.#domainOf(move);
      if (domain !== undefined && move.reenter && move.source === domain) left.add(domain);
      for (const node of active) if (isDescendant(node, domain)) left.add(node);
    }
    return left;
  }

  /** What the histories of states that are left remember from now on; undefined where there is none. */
  memories(left: readonly Node[], active: ReadonlySet<Node>): Map<string, Node[]> | undefined {
    const memories = new Map<string, Node[]>();
    for (const parent of left) {
      for (const { id, history } of historiesOf(parent)) {
        const isKept = (node: Node): boolean =>
          history === 'deep' ? isAtomic(node) && isDescendant(node, parent) : node.parent === parent;
        memories.set(id, [...active].filter(isKept));
      }
    }
    return memories.size === 0 ? undefined : memories;
  }

  /** The states that moves enter. */
  entry(moves: readonly Move[]): Entry {
    const entry: OpenEntry = { nodes: new Set(), byDefault: new Set() };
    for (const move of moves) this.#enterByMove(move, entry);
    return entry;
  }

  #collide(left: Move, right: Move, active: ReadonlySet<Node>): boolean {
    const others = this.exits([right], active);
    return [...this.exits([left], active)].some((node) => others.has(node));
  }

  #enterByMove(move: Move, entry: OpenEntry): void {
    const domain = this.#domainOf(move);
    for (const node of move.target ?? []) {
      const isOutside = move.source !== node || move.source !== domain || move.reenter;
      if (node.type !== 'history' && isOutside) enterByDefault(node, entry);
      this.#enterBelow(node, entry);
    }
    for (const node of this.#targetsOf(move)) {
      const above = ancestorsOf(node, domain);
      if (domain?.type === 'parallel') above.push(domain);
      const isRootAgain = move.source.parent === undefined && move.reenter;
      this.#enterAbove(above, entry, isRootAgain ? undefined : domain);
    }
  }

  /** What is entered below a state that is entered, or in place of a history. */
  #enterBelow(node: Node, entry: OpenEntry): void {
    if (node.type === 'history') this.#enterRemembered(node, entry);
    else if (node.type === 'compound') this.#enterInitial(node, entry);
    else if (node.type === 'parallel') this.#enterRegions(node, entry, true);
  }

  #enterInitial(node: Node, entry: OpenEntry): void {
    const initial = initialOf(node);
    if (initial.type !== 'history') enterByDefault(initial, entry);
    this.#enterBelow(initial, entry);
    this.#enterAbove(ancestorsOf(initial, node), entry);
  }

  #enterRegions(parallel: Node, entry: OpenEntry, byDefault: boolean): void {
    for (const region of childrenOf(parallel)) {
      if ([...entry.nodes].some((node) => isDescendant(node, region))) continue;
      entry.nodes.add(region);
      if (byDefault) entry.byDefault.add(region);
      this.#enterBelow(region, entry);
    }
  }

  #enterRemembered(history: Node, entry: OpenEntry): void {
    const { parent } = history;
    const remembered = this.#remembered(history);
    const byDefault = defaultOf(history);
    const nodes = remembered ?? byDefault;
    for (const node of nodes) {
      entry.nodes.add(node);
      const isInitial =
        remembered === undefined && parent !== undefined && byDefault === parent.initial.target;
      if (isInitial) entry.byDefault.add(parent);
      this.#enterBelow(node, entry);
    }
    for (const node of nodes) this.#enterAbove(ancestorsOf(node, parent), entry);
  }

  #enterAbove(above: readonly Node[], entry: OpenEntry, domain?: Node): void {
    for (const node of above) {
      if (domain === undefined || isDescendant(node, domain)) entry.nodes.add(node);
      if (node.type === 'parallel') this.#enterRegions(node, entry, false);
    }
  }

  /** The states a move leads to, histories replaced by what they remember. */
  #targetsOf(move: Pick<Move, 'target'>): Set<Node> {
    const targets = new Set<Node>();
    for (const node of move.target ?? []) {
      if (node.type !== 'history') targets.add(node);
      else {
        const target = this.#remembered(node) ?? this.#targetsOf({ target: defaultOf(node) });
        for (const found of target) targets.add(found);
      }
    }
    return targets;
  }

  /** The state within which a move stays; undefined where it leaves everything, the root included. */
  #domainOf(move: Move): Node | undefined {
    const { source } = move;
    const targets = [...this.#targetsOf(move)];
    const isInside = targets.every((target) => target === source || isDescendant(target, source));
    if (!move.reenter && isInside) return source;
    const common = commonAncestorOf([...targets, source]);
    if (common !== undefined || move.reenter) return common;
    return source.machine.root;
  }

  #remembered({ id }: Node): readonly Node[] | undefined {
    this.#asked.isAsked = true;
    return this.#history[id];
  }
}

function enterByDefault(node: Node, entry: OpenEntry): void {
  entry.nodes.add(node);
  entry.byDefault.add(node);
}

/** Where a history leads that remembers nothing. @throws `Error` for a state that there is not. */
export function defaultOf(history: Node): readonly Node[] {
  const { target }: { readonly target?: string | readonly (string | Node)[] | undefined } = history.config;
  const { parent } = history;
  if (parent === undefined) return [];
  if (target === undefined || target === '') {
    return parent.type === 'parallel' ? [parent] : parent.initial.target;
  }
  const targets = typeof target === 'string' ? [target] : target;
  return targets.map((to) => (typeof to === 'string' ? nodeByPath(parent, to) : to));
}
